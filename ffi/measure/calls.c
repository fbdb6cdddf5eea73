/* How long the everyday calls take, with a valid token on standard input. argv: issuer,
 * product, fingerprint, key, now, times. Prints nanoseconds for paidup_verify and for
 * paidup_license_allows: the quickest of eleven rounds each. */
#define _POSIX_C_SOURCE 199309L

#include <paidup.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 11

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Nothing makes a round quicker than it is; a busy machine makes it slower. */
static double quickest(const double *rounds)
{
    double least = rounds[0];
    int n;

    for (n = 1; n < ROUNDS; n++)
        if (rounds[n] < least)
            least = rounds[n];
    return least;
}

int main(int argc, char **argv)
{
    static char token[16386];
    double verify[ROUNDS], allows[ROUNDS];
    paidup_verifier *verifier;
    paidup_license *license = NULL;
    long times, n, yes = 0;
    int64_t now;
    int round;

    if (argc != 7 || fgets(token, sizeof token, stdin) == NULL)
        return 2;
    token[strcspn(token, "\n")] = '\0';
    now = strtoll(argv[5], NULL, 10);
    times = strtol(argv[6], NULL, 10);
    verifier = paidup_verifier_new(argv[1], argv[2]);
    paidup_verifier_set_fingerprint(verifier, argv[3]);
    paidup_verifier_add_key(verifier, argv[4]);
    for (round = 0; round < ROUNDS; round++) {
        double began = seconds();

        for (n = 0; n < times; n++) {
            paidup_license_free(license);
            if (paidup_verify(verifier, token, strlen(token), now, &license) != PAIDUP_VALID)
                return 1;
        }
        verify[round] = (seconds() - began) / (double)times * 1e9;
        began = seconds();
        for (n = 0; n < times * 1000; n++)
            yes += paidup_license_allows(license, "export", now + (n & 1));
        allows[round] = (seconds() - began) / (double)times / 1000 * 1e9;
    }
    if (yes != ROUNDS * times * 1000)
        return 1;
    printf("%.0f %.1f\n", quickest(verify), quickest(allows));
    paidup_license_free(license);
    paidup_verifier_free(verifier);
    return 0;
}
