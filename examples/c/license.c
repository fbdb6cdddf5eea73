#include "license.h"
#include "vendor.h"

#include <paidup.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static paidup_client *client;

/* Shows an error and the way out, and frees it. */
static int failed(paidup_error *error)
{
    const paidup_machines *machines = paidup_error_machines(error);
    size_t n;

    fprintf(stderr, "Sorry: %s.\n%s\n", paidup_error_message(error),
            paidup_error_next_step(error));
    if (machines != NULL)
        fputs("To take a machine's seat: notes activate KEY MACHINE\n", stderr);
    for (n = 0; n < paidup_machines_count(machines); n++) {
        const char *name = paidup_machines_name(machines, n);

        fprintf(stderr, "  %s  %s\n", paidup_machines_id(machines, n), name ? name : "?");
    }
    paidup_error_free(error);
    return 1;
}

/* Tells what happened beside the work. */
static void tell_events(void)
{
    paidup_event *event;

    while ((event = paidup_client_next_event(client)) != NULL) {
        if (strcmp(paidup_event_kind(event), "notStored") == 0)
            fputs("The license works, and could not be saved: it will be asked for again.\n"
                  "Check the disk, and the permissions of the app's folder.\n",
                  stderr);
        paidup_event_free(event);
    }
}

int license_open(void)
{
    paidup_error *error = NULL;
    paidup_setup *setup = paidup_setup_new(ACME_ISSUER, "notes");

    paidup_setup_add_root(setup, ACME_ROOT);
    if (ACME_TEST)
        paidup_setup_set_test_mode(setup);
#ifdef ACME_FOLDER
    paidup_setup_set_folders(setup, ACME_FOLDER "/state", ACME_FOLDER "/witness");
#endif
    paidup_client_open(setup, &client, &error);
    paidup_setup_free(setup);
    if (error != NULL)
        return failed(error);
    paidup_client_start_refreshing(client);
    return 0;
}

void license_close(void)
{
    tell_events();
    paidup_client_free(client);
    client = NULL;
}

int license_allows(const char *entitlement)
{
    return paidup_client_allows(client, entitlement);
}

static void print_day(const char *words, int64_t seconds)
{
    time_t when = (time_t)seconds;
    char day[32];
    struct tm *utc = gmtime(&when);

    if (seconds != 0 && utc != NULL && strftime(day, sizeof day, "%Y-%m-%d", utc) != 0)
        printf("%s %s.\n", words, day);
}

int license_show(void)
{
    paidup_license *license = NULL;
    paidup_result code = paidup_client_check(client, &license);
    size_t n;

    if (license != NULL) {
        printf("%s:", paidup_license_policy_name(license));
        for (n = 0; n < paidup_license_entitlement_count(license); n++)
            printf(" %s", paidup_license_entitlement(license, n));
        printf("\n");
    }
    printf("%s\n", paidup_result_meaning(code));
    if (paidup_result_usable(code)) {
        print_day("It ends on", paidup_license_grace_ends_at(license));
        print_day("It works offline until", paidup_license_lease_ends_at(license));
    }
    if (code != PAIDUP_VALID)
        printf("%s\n", paidup_result_next_step(code));
    print_day("The license server has not been reached since",
              paidup_client_failing_since(client));
    paidup_license_free(license);
    return !paidup_result_usable(code);
}

/* What holds after something was asked of the license server. */
static int answered(paidup_error *error)
{
    return error != NULL ? failed(error) : license_show();
}

int license_activate(const char *key, const char *instead_of)
{
    paidup_error *error = NULL;
    paidup_result code = paidup_client_activate(client, key, &error);

    if (code == PAIDUP_MACHINE_LIMIT_EXCEEDED && instead_of != NULL) {
        paidup_error_free(error);
        paidup_client_free_machine(client, instead_of, &error);
        if (error != NULL)
            return failed(error);
        paidup_client_activate(client, key, &error);
    }
    return answered(error);
}

int license_refresh(void)
{
    paidup_error *error = NULL;

    paidup_client_refresh(client, &error);
    return answered(error);
}

int license_machines(void)
{
    paidup_error *error = NULL;
    paidup_machines *machines = NULL;
    size_t n;

    paidup_client_list_machines(client, &machines, &error);
    if (error != NULL)
        return failed(error);
    for (n = 0; n < paidup_machines_count(machines); n++) {
        const char *name = paidup_machines_name(machines, n);
        const char *seen = paidup_machines_last_seen_at(machines, n);

        printf("%s  %s  %.10s%s\n", paidup_machines_id(machines, n), name ? name : "?",
               seen ? seen : "?", paidup_machines_is_this(machines, n) ? "  (this one)" : "");
    }
    paidup_machines_free(machines);
    return 0;
}

int license_free_machine(const char *machine)
{
    paidup_error *error = NULL;

    paidup_client_free_machine(client, machine, &error);
    if (error != NULL)
        return failed(error);
    puts("The seat is free.");
    return 0;
}

int license_deactivate(void)
{
    paidup_error *error = NULL;

    paidup_client_deactivate(client, &error);
    if (error != NULL)
        return failed(error);
    puts("This machine's seat is free.");
    return 0;
}

int license_request(const char *key)
{
    paidup_error *error = NULL;
    char request[PAIDUP_OFFLINE_REQUEST_SIZE];

    paidup_client_offline_request(client, key, request, sizeof request, NULL, &error);
    if (error != NULL)
        return failed(error);
    fputs("Send this line to the vendor. It holds your license key: keep it like that.\n"
          "What comes back goes into a file: notes install FILE\n\n",
          stderr);
    puts(request);
    return 0;
}

int license_install(const char *path)
{
    static char text[65536];
    paidup_error *error = NULL;
    FILE *file = fopen(path, "rb");
    size_t length;

    if (file == NULL) {
        perror(path);
        return 1;
    }
    length = fread(text, 1, sizeof text, file);
    fclose(file);
    paidup_client_offline_install(client, text, length, &error);
    return answered(error);
}
