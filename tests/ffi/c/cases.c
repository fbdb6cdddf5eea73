/* Reads token cases, one a line with tabs between: now, the key's last moment or "-", a
 * revoked key or "-", the token in hex. Prints for each the name of the code that
 * paidup_verify gives and the one that paidup_explain gives. */
#include <paidup.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[65536], token[32768], json[65536];

static size_t unhex(const char *hex, char *out)
{
    size_t length = 0;
    unsigned byte;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[length++] = (char)byte;
    return length;
}

int main(int argc, char **argv)
{
    const char *issuer, *product, *fingerprint, *key;

    if (argc != 7)
        return 2;
    issuer = argv[1];
    product = argv[2];
    fingerprint = argv[3];
    key = argv[4];
    while (fgets(line, sizeof line, stdin) != NULL) {
        paidup_verifier *verifier = paidup_verifier_new(issuer, product);
        paidup_license *license = NULL;
        char *now = strtok(line, "\t\n"), *until = strtok(NULL, "\t\n");
        char *revoked = strtok(NULL, "\t\n"), *hex = strtok(NULL, "\t\n");
        size_t length = hex == NULL ? 0 : unhex(hex, token), needed = 0;
        int64_t at = strtoll(now, NULL, 10);
        int64_t last = strcmp(until, "-") == 0 ? INT64_MAX : strtoll(until, NULL, 10);
        paidup_result code, explained;
        char *exact;

        if (paidup_verifier_add_key_within(verifier, key, INT64_MIN, last, NULL, 0) != PAIDUP_OK)
            return 3;
        if (strcmp(revoked, "-") != 0 && paidup_verifier_revoke(verifier, revoked) != PAIDUP_OK)
            return 4;
        paidup_verifier_set_fingerprint(verifier, fingerprint);
        paidup_verifier_set_seen_token(verifier, strtoull(argv[5], NULL, 10), INT64_MIN, NULL);
        paidup_verifier_set_seen_time(verifier, strtoll(argv[6], NULL, 10));
        /* Memory of exactly its size, so that one byte too many is seen. */
        exact = malloc(length + (length == 0));
        if (exact == NULL)
            return 5;
        memcpy(exact, token, length);
        code = paidup_verify(verifier, exact, length, at, &license);
        explained = paidup_explain(verifier, exact, length, at, json, sizeof json, &needed);
        free(exact);
        if (license != NULL && paidup_license_standing(license, at) != code)
            return 6;
        paidup_license_free(license);
        paidup_verifier_free(verifier);
        /* {"code":"VALID",… */
        if (explained == PAIDUP_OK)
            printf("%s %.*s\n", paidup_result_name(code), (int)strcspn(json + 9, "\""), json + 9);
        else
            printf("%s %s\n", paidup_result_name(code), paidup_result_name(explained));
    }
    return 0;
}
