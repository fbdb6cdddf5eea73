/* The least that a program does with a license token: for its size. */
#include <paidup.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
    paidup_verifier *verifier = paidup_verifier_new("https://licenses.example.com", "notes");
    paidup_license *license = NULL;
    int allowed;

    if (argc != 2)
        return 2;
    paidup_verifier_add_key(verifier, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    puts(paidup_result_name(
        paidup_verify(verifier, argv[1], strlen(argv[1]), time(NULL), &license)));
    allowed = paidup_license_allows(license, "export", time(NULL));
    paidup_license_free(license);
    paidup_verifier_free(verifier);
    return !allowed;
}
