// Runs with `java -cp 'lib/*' Driver.java '<world>'` and prints what each step came to as JSON.
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.auth.*;
import com.nimbusds.oauth2.sdk.id.*;
import com.nimbusds.oauth2.sdk.pkce.*;
import com.nimbusds.oauth2.sdk.token.*;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import com.nimbusds.openid.connect.sdk.*;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.net.*;
import java.net.http.*;
import java.util.*;

public class Driver {
  interface Work<T> { T run() throws Exception; }
  static final Map<String, Object> steps = new LinkedHashMap<>();

  static <T> T step(String name, Work<T> work) {
    try {
      T value = work.run();
      steps.put(name, "ok");
      return value;
    } catch (Exception error) {
      steps.put(name, String.valueOf(error));
      return null;
    }
  }

  static TokenResponse send(TokenRequest request) throws Exception {
    TokenResponse response = com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser.parse(request.toHTTPRequest().send());
    if (!response.indicatesSuccess()) throw new Exception(response.toErrorResponse().getErrorObject().toString());
    return response;
  }

  public static void main(String[] words) throws Exception {
    Map<String, Object> world = JSONObjectUtils.parse(words[0]);
    String issuer = (String) world.get("issuer");
    URI redirect = URI.create((String) world.get("redirect_uri"));
    ClientID id = new ClientID((String) world.get("client_id"));
    ClientAuthentication authentication = new ClientSecretBasic(id, new Secret((String) world.get("client_secret")));
    OIDCProviderMetadata metadata = OIDCProviderMetadata.resolve(new Issuer(issuer));
    OIDCTokens tokens = step("sign-in", () -> {
      CodeVerifier verifier = new CodeVerifier();
      Nonce nonce = new Nonce();
      URI url = new AuthenticationRequest.Builder(ResponseType.CODE, new Scope("openid", "email", "offline_access"), id, redirect)
          .endpointURI(metadata.getAuthorizationEndpointURI()).state(new State()).nonce(nonce)
          .codeChallenge(verifier, CodeChallengeMethod.S256).build().toURI();
      HttpRequest browse = HttpRequest.newBuilder(URI.create((String) world.get("browser")))
          .POST(HttpRequest.BodyPublishers.ofString(url.toString())).build();
      URI back = URI.create(HttpClient.newHttpClient().send(browse, HttpResponse.BodyHandlers.ofString()).body());
      AuthorizationCode code = AuthenticationResponseParser.parse(back).toSuccessResponse().getAuthorizationCode();
      OIDCTokens got = ((OIDCTokenResponse) send(new TokenRequest.Builder(metadata.getTokenEndpointURI(), authentication,
          new AuthorizationCodeGrant(code, redirect, verifier)).build())).getOIDCTokens();
      new IDTokenValidator(new Issuer(issuer), id, com.nimbusds.jose.JWSAlgorithm.RS256, metadata.getJWKSetURI().toURL())
          .validate(got.getIDToken(), nonce);
      return got;
    });
    Tokens next = step("refresh", () -> send(new TokenRequest.Builder(metadata.getTokenEndpointURI(), authentication,
        new RefreshTokenGrant(tokens.getRefreshToken())).build()).toSuccessResponse().getTokens());
    step("userinfo", () -> {
      UserInfoRequest request = new UserInfoRequest(metadata.getUserInfoEndpointURI(), next.getBearerAccessToken());
      return UserInfoResponse.parse(request.toHTTPRequest().send()).toSuccessResponse().getUserInfo().getEmailAddress();
    });
    step("revoke", () -> {
      TokenRevocationRequest request =
          new TokenRevocationRequest(metadata.getRevocationEndpointURI(), authentication, next.getRefreshToken());
      request.toHTTPRequest().send().ensureStatusCode(200);
      return true;
    });
    System.out.println("\n" + new net.minidev.json.JSONObject(Map.of("version", world.get("version"), "steps", steps)).toJSONString());
    System.exit(0);
  }
}
