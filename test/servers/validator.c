/* An OAuth validator of PostgreSQL 18 that asks pgrant, as the recipe says: what a test needs of one, and no more. */
#include "postgres.h"

#include <signal.h>

#include "common/jsonapi.h"
#include "fmgr.h"
#include "libpq/oauth.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include <curl/curl.h>

PG_MODULE_MAGIC;

/* What introspection says; of members that are lists or objects nothing. */
typedef struct Introspection
{
	int			depth;
	char	   *member;
	bool		active;
	long		exp;
	char	   *aud, *scope, *username, *sub, *client_id;
} Introspection;

static JsonParseErrorType
opened(void *state)
{
	((Introspection *) state)->depth++;
	return JSON_SUCCESS;
}

static JsonParseErrorType
closed(void *state)
{
	((Introspection *) state)->depth--;
	return JSON_SUCCESS;
}

static JsonParseErrorType
named(void *state, char *name, bool isnull)
{
	((Introspection *) state)->member = name;
	return JSON_SUCCESS;
}

static JsonParseErrorType
scalar(void *state, char *value, JsonTokenType type)
{
	Introspection *said = state;

	if (said->depth != 1)
		return JSON_SUCCESS;
	if (strcmp(said->member, "active") == 0)
		said->active = type == JSON_TOKEN_TRUE;
	else if (strcmp(said->member, "exp") == 0)
		said->exp = atol(value);
	else if (strcmp(said->member, "aud") == 0)
		said->aud = value;
	else if (strcmp(said->member, "scope") == 0)
		said->scope = value;
	else if (strcmp(said->member, "username") == 0)
		said->username = value;
	else if (strcmp(said->member, "sub") == 0)
		said->sub = value;
	else if (strcmp(said->member, "client_id") == 0)
		said->client_id = value;
	return JSON_SUCCESS;
}

static size_t
append(char *data, size_t size, size_t count, void *answer)
{
	appendBinaryStringInfo(answer, data, size * count);
	return size * count;
}

/* Asks pgrant; false where it gave no answer to rely on. */
static bool
introspect(const char *token, Introspection *said)
{
	CURL	   *curl = curl_easy_init();
	StringInfoData answer;
	long		status = 0;
	char	   *escaped = curl_easy_escape(curl, token, 0);
	JsonLexContext *lex;
	JsonSemAction actions = {said, opened, closed, opened, closed, named, NULL, NULL, NULL, scalar};

	initStringInfo(&answer);
	curl_easy_setopt(curl, CURLOPT_URL, getenv("INTROSPECTION_ENDPOINT"));
	curl_easy_setopt(curl, CURLOPT_USERPWD, getenv("INTROSPECTION_CREDENTIALS"));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, psprintf("token=%s", escaped));
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_free(escaped);
	curl_easy_cleanup(curl);
	if (status != 200)
		return false;
	lex = makeJsonLexContextCstringLen(NULL, answer.data, answer.len, PG_UTF8, true);
	return pg_parse_json(lex, &actions) == JSON_SUCCESS;
}

static bool
has_word(const char *words, const char *word)
{
	size_t		length = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static void
expired(void)
{
	kill(MyProcPid, SIGTERM);
}

static bool
validate(const ValidatorModuleState *state, const char *token, const char *role, ValidatorModuleResult *result)
{
	Introspection said = {0};

	if (!introspect(token, &said))
		return false;
	if (!said.active || !said.aud || strcmp(said.aud, getenv("INTROSPECTION_AUDIENCE")) != 0)
		return true;
	result->authn_id = psprintf("%s %s %s", said.username ? said.username : "-", said.sub, said.client_id);
	if (!has_word(said.scope, psprintf("pg_%s", role)))
	{
		elog(LOG, "scope pg_%s is not in the token of %s", role, said.sub);
		return true;
	}
	enable_timeout_at(RegisterTimeout(USER_TIMEOUT, expired), time_t_to_timestamptz(said.exp));
	result->authorized = true;
	return true;
}

static const OAuthValidatorCallbacks callbacks = {PG_OAUTH_VALIDATOR_MAGIC, NULL, NULL, validate};

const OAuthValidatorCallbacks *
_PG_oauth_validator_module_init(void)
{
	return &callbacks;
}
