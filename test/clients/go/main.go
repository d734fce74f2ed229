// golang.org/x/oauth2: it finds out by itself how its client authenticates, and sends PKCE where it is told.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type world struct {
	Issuer       string `json:"issuer"`
	Browser      string `json:"browser"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RedirectURI  string `json:"redirect_uri"`
}

var steps = map[string]string{}

// A step that may fail without the others.
func step(name string, work func() error) {
	steps[name] = "ok"
	if err := work(); err != nil {
		steps[name] = err.Error()
	}
}

// Has ada sign in and allow at an authorization URL; gives the code of the URL that the browser was sent to.
func (w world) signIn(at string) (string, error) {
	answer, err := http.Post(w.Browser, "text/plain", strings.NewReader(at))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", errors.New(string(said))
	}
	sent, err := url.Parse(string(said))
	if err != nil {
		return "", err
	}
	return sent.Query().Get("code"), nil
}

func main() {
	var w world
	if err := json.Unmarshal([]byte(os.Args[1]), &w); err != nil {
		panic(err)
	}
	ctx := context.Background()
	endpoint := oauth2.Endpoint{
		AuthURL:       w.Issuer + "/oauth/authorize",
		TokenURL:      w.Issuer + "/oauth/token",
		DeviceAuthURL: w.Issuer + "/oauth/device_authorization",
	}
	config := oauth2.Config{
		ClientID:     w.ClientID,
		ClientSecret: w.ClientSecret,
		RedirectURL:  w.RedirectURI,
		Endpoint:     endpoint,
		Scopes:       []string{"openid", "email", "offline_access"},
	}
	var token *oauth2.Token
	step("sign-in", func() error {
		verifier := oauth2.GenerateVerifier()
		code, err := w.signIn(config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
		if err != nil {
			return err
		}
		token, err = config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
		return err
	})
	step("refresh", func() (err error) {
		if token == nil {
			return errors.New("there is no token")
		}
		token, err = config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		return err
	})
	step("userinfo", func() error {
		answer, err := config.Client(ctx, token).Get(w.Issuer + "/oauth/userinfo")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		var claims struct{ Email string }
		if err := json.NewDecoder(answer.Body).Decode(&claims); err != nil {
			return err
		}
		if claims.Email == "" {
			return fmt.Errorf("no email: %s", answer.Status)
		}
		return nil
	})
	if w.ClientSecret != "" {
		step("client_credentials", func() error {
			machine := clientcredentials.Config{
				ClientID: w.ClientID, ClientSecret: w.ClientSecret, TokenURL: endpoint.TokenURL,
			}
			_, err := machine.Token(ctx)
			return err
		})
	} else {
		// It sends no secret at the device authorization endpoint (RFC 8628 3.1).
		step("device", func() error {
			device, err := config.DeviceAuth(ctx)
			if err != nil {
				return err
			}
			if _, err = w.signIn(device.VerificationURIComplete); err != nil {
				return err
			}
			_, err = config.DeviceAccessToken(ctx, device)
			return err
		})
	}
	info, _ := debug.ReadBuildInfo()
	version := "?"
	for _, module := range info.Deps {
		if module.Path == "golang.org/x/oauth2" {
			version = strings.TrimPrefix(module.Version, "v")
		}
	}
	said, _ := json.Marshal(map[string]any{"version": version, "steps": steps})
	fmt.Println(string(said))
}
