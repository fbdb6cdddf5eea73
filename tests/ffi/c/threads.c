/* Two threads verify with one verifier and ask one license, all at once; with a valid
 * token on standard input. argv: issuer, product, fingerprint, key, now. */
#include "check.h"

#include <pthread.h>

#define TIMES 50

/* The first line of standard input, without its line break. */
static char *read_line(void)
{
    static char line[65536];

    if (fgets(line, sizeof line, stdin) == NULL)
        exit(2);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

struct shared {
    const paidup_verifier *verifier;
    const paidup_license *license;
    const char *token;
    int64_t now;
};

static void *work(void *argument)
{
    const struct shared *it = argument;
    long wrong = 0;
    int n;

    for (n = 0; n < TIMES; n++) {
        paidup_license *license = NULL;

        wrong += paidup_verify(it->verifier, it->token, strlen(it->token), it->now, &license)
                 != PAIDUP_VALID;
        wrong += strcmp(paidup_license_id(license), paidup_license_id(it->license)) != 0;
        wrong += !paidup_license_allows(it->license, paidup_license_entitlement(it->license, 0),
                                        it->now);
        paidup_license_free(license);
    }
    return (void *)wrong;
}

int main(int argc, char **argv)
{
    struct shared shared;
    pthread_t threads[2];
    paidup_verifier *verifier;
    paidup_license *license = NULL;
    int n;

    if (argc != 6)
        return 2;
    verifier = paidup_verifier_new(argv[1], argv[2]);
    paidup_verifier_set_fingerprint(verifier, argv[3]);
    CHECK(paidup_verifier_add_key(verifier, argv[4]) == PAIDUP_OK);
    shared.token = read_line();
    shared.now = strtoll(argv[5], NULL, 10);
    shared.verifier = verifier;
    CHECK(paidup_verify(verifier, shared.token, strlen(shared.token), shared.now, &license)
          == PAIDUP_VALID);
    shared.license = license;
    for (n = 0; n < 2; n++)
        CHECK(pthread_create(&threads[n], NULL, work, &shared) == 0);
    for (n = 0; n < 2; n++) {
        void *wrong = &failures;

        CHECK(pthread_join(threads[n], &wrong) == 0 && wrong == NULL);
    }
    paidup_license_free(license);
    paidup_verifier_free(verifier);
    return checked();
}
