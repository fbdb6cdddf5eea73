/* A license file and a keyset, for a verifier that pins nothing but a root. argv: issuer,
 * root, fingerprint, license file, keyset. */
#include "check.h"

#include <time.h>

static char file[65536], keyset[65536];

static size_t read_file(const char *path, char *into)
{
    FILE *in = fopen(path, "rb");
    size_t length;

    if (in == NULL)
        exit(2);
    length = fread(into, 1, 65536, in);
    fclose(in);
    return length;
}

static paidup_verifier *verifier_of(char **argv, const char *root, const char *fingerprint)
{
    paidup_verifier *verifier = paidup_verifier_new(argv[1], "notes");

    CHECK(paidup_verifier_set_test_mode(verifier) == PAIDUP_OK);
    if (root != NULL)
        CHECK(paidup_verifier_add_root(verifier, root) == PAIDUP_OK);
    if (fingerprint != NULL)
        CHECK(paidup_verifier_set_fingerprint(verifier, fingerprint) == PAIDUP_OK);
    return verifier;
}

int main(int argc, char **argv)
{
    static const char other_root[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    paidup_verifier *verifier;
    paidup_license *license = NULL;
    size_t file_length, keyset_length;
    int64_t now = time(NULL);

    if (argc != 6)
        return 2;
    file_length = read_file(argv[4], file);
    keyset_length = read_file(argv[5], keyset);

    /* The file brings its keys along. */
    verifier = verifier_of(argv, argv[2], argv[3]);
    CHECK(paidup_verify_file(verifier, file, file_length, now, &license) == PAIDUP_VALID);
    CHECK(paidup_license_allows(license, "export", now) == 1);
    CHECK(strcmp(paidup_license_product(license), "notes") == 0);
    CHECK(strcmp(paidup_license_issuer(license), argv[1]) == 0);
    CHECK(strlen(paidup_license_key_id(license)) == 43);
    CHECK(paidup_license_lease_ends_at(license) > now);
    CHECK(paidup_license_refresh_due_at(license) > 0);
    /* An older one than what was seen is refused. */
    CHECK(paidup_verifier_set_seen_token(verifier, paidup_license_seq(license) + 1, now,
                                         paidup_license_key_id(license))
          == PAIDUP_OK);
    paidup_license_free(license);
    CHECK(paidup_verify_file(verifier, file, file_length, now, &license) == PAIDUP_STALE_TOKEN);
    CHECK(license == NULL);
    CHECK(paidup_verify_file(verifier, file, file_length / 2, now, NULL) == PAIDUP_MALFORMED);
    paidup_verifier_free(verifier);

    /* The same keys, from the issuer's own list. */
    verifier = verifier_of(argv, argv[2], argv[3]);
    CHECK(paidup_verifier_add_keyset(verifier, keyset, keyset_length, now) == PAIDUP_OK);
    CHECK(paidup_verifier_add_keyset(verifier, keyset, keyset_length, now) == PAIDUP_OK);
    CHECK(paidup_verify_file(verifier, file, file_length, now, NULL) == PAIDUP_VALID);
    keyset[keyset_length - 2] ^= 1;
    CHECK(paidup_verifier_add_keyset(verifier, keyset, keyset_length, now) != PAIDUP_OK);
    keyset[keyset_length - 2] ^= 1;
    CHECK(paidup_verify_file(verifier, file, file_length, now, NULL) == PAIDUP_VALID);
    paidup_verifier_free(verifier);

    /* Nobody, somebody else, another machine, any machine. */
    verifier = verifier_of(argv, NULL, argv[3]);
    CHECK(paidup_verify_file(verifier, file, file_length, now, NULL) == PAIDUP_UNKNOWN_KEY);
    paidup_verifier_free(verifier);
    verifier = verifier_of(argv, other_root, argv[3]);
    CHECK(paidup_verifier_add_keyset(verifier, keyset, keyset_length, now)
          == PAIDUP_UNKNOWN_KEY);
    CHECK(paidup_verify_file(verifier, file, file_length, now, NULL) == PAIDUP_UNKNOWN_KEY);
    paidup_verifier_free(verifier);
    verifier = verifier_of(argv, argv[2], "another machine");
    CHECK(paidup_verify_file(verifier, file, file_length, now, NULL)
          == PAIDUP_FINGERPRINT_MISMATCH);
    CHECK(paidup_verifier_set_any_machine(verifier) == PAIDUP_OK);
    CHECK(paidup_verify_file(verifier, file, file_length, now, NULL) == PAIDUP_VALID);
    paidup_verifier_free(verifier);
    return checked();
}
