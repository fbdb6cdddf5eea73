/* A host with a network of its own: it has none, and asks whoever runs it. Each request
 * is printed as four lines, "> METHOD PATH", the authorization, the body; the reply is
 * read as a line "STATUS RETRY_AFTER LENGTH" and the body. argv: issuer, root,
 * fingerprint, license key. */
#include "check.h"

#include <time.h>

static paidup_installation *it;
static char *state, *witness;

static void entropy(uint8_t *bytes)
{
    FILE *random = fopen("/dev/urandom", "rb");

    if (random == NULL || fread(bytes, 1, PAIDUP_ENTROPY_SIZE, random) != PAIDUP_ENTROPY_SIZE)
        exit(2);
    fclose(random);
}

static char *copy(const char *text)
{
    char *copied = malloc(strlen(text) + 1);

    if (copied == NULL)
        exit(2);
    return strcpy(copied, text);
}

/* Keeps what is to be kept; a program would write it to two files. */
static void save(void)
{
    paidup_unsaved *unsaved = paidup_installation_unsaved(it);

    if (unsaved == NULL)
        return;
    free(state);
    free(witness);
    state = copy(paidup_unsaved_state(unsaved));
    witness = copy(paidup_unsaved_witness(unsaved));
    paidup_unsaved_free(unsaved);
    paidup_installation_saved(it, 1);
}

static int happened(const char *kind)
{
    paidup_event *event;
    int found = 0;

    while ((event = paidup_installation_next_event(it)) != NULL) {
        found |= strcmp(paidup_event_kind(event), kind) == 0;
        paidup_event_free(event);
    }
    return found;
}

static paidup_result carry(paidup_request **request, paidup_machines **machines)
{
    static char body[65536];
    const char *authorization = paidup_request_authorization(*request);
    const char *outgoing = paidup_request_body(*request);
    paidup_error *error = NULL;
    unsigned status;
    long retry_after;
    size_t length;
    paidup_result code;

    printf("> %s %s\n%s\n%s\n", paidup_request_method(*request), paidup_request_path(*request),
           authorization ? authorization : "", outgoing ? outgoing : "");
    fflush(stdout);
    if (scanf("%u %ld %zu", &status, &retry_after, &length) != 3 || getchar() != '\n'
        || length > sizeof body || fread(body, 1, length, stdin) != length)
        exit(2);
    code = paidup_installation_receive(it, request, (uint16_t)status, body, length, retry_after,
                                       time(NULL), machines, &error);
    if (error != NULL)
        printf("%s\n", paidup_error_message(error));
    paidup_error_free(error);
    save();
    return code;
}

int main(int argc, char **argv)
{
    uint8_t random[PAIDUP_ENTROPY_SIZE];
    paidup_setup *setup;
    paidup_request *request = NULL;
    paidup_machines *machines = NULL;
    paidup_license *license = NULL;
    char json[4096];

    if (argc != 5)
        return 2;
    setup = paidup_setup_new(argv[1], "notes");
    CHECK(paidup_setup_add_root(setup, argv[2]) == PAIDUP_OK);
    CHECK(paidup_setup_set_fingerprint(setup, argv[3]) == PAIDUP_OK);
    CHECK(paidup_setup_set_device_name(setup, "Ada's host") == PAIDUP_OK);
    CHECK(paidup_setup_set_platform(setup, "elsewhere") == PAIDUP_OK);
    CHECK(paidup_setup_set_test_mode(setup) == PAIDUP_OK);
    CHECK(paidup_installation_load(setup, NULL, 0, NULL, 0, &it) == PAIDUP_OK);
    CHECK(paidup_installation_check(it, time(NULL), NULL) == PAIDUP_NO_LICENSE);
    CHECK(paidup_installation_poll(it, time(NULL)) == -1);

    entropy(random);
    CHECK(paidup_installation_activate(it, argv[4], random, sizeof random, &request, NULL)
          == PAIDUP_OK);
    CHECK(carry(&request, NULL) == PAIDUP_VALID && request == NULL);
    CHECK(happened("unlocked"));
    CHECK(paidup_installation_allows(it, "export", time(NULL)) == 1);
    CHECK(paidup_installation_allows(it, "teleport", time(NULL)) == 0);
    CHECK(paidup_installation_poll(it, time(NULL)) > 0);
    CHECK(paidup_installation_check(it, time(NULL), &license) == PAIDUP_VALID);
    CHECK(strcmp(paidup_license_fingerprint(license), argv[3]) == 0);
    paidup_license_free(license);

    /* The program ends, and begins again with what it has written down. */
    paidup_installation_free(it);
    CHECK(paidup_installation_load(setup, state, strlen(state), witness, strlen(witness), &it)
          == PAIDUP_OK);
    paidup_setup_free(setup);
    CHECK(paidup_installation_check(it, time(NULL), NULL) == PAIDUP_VALID);
    CHECK(paidup_installation_explain(it, time(NULL), json, sizeof json, NULL) == PAIDUP_OK);
    CHECK(strncmp(json, "{\"code\":\"VALID\"", 15) == 0);

    entropy(random);
    CHECK(paidup_installation_refresh(it, random, sizeof random, time(NULL), &request, NULL)
          == PAIDUP_OK);
    CHECK(carry(&request, NULL) == PAIDUP_VALID);
    CHECK(happened("renewed") && paidup_installation_failing_since(it) == 0);

    CHECK(paidup_installation_list_machines(it, &request, NULL) == PAIDUP_OK);
    CHECK(carry(&request, &machines) == PAIDUP_OK);
    CHECK(paidup_machines_count(machines) == 1 && paidup_machines_is_this(machines, 0));
    CHECK(strcmp(paidup_machines_name(machines, 0), "Ada's host") == 0);
    CHECK(strcmp(paidup_machines_platform(machines, 0), "elsewhere") == 0);
    CHECK(paidup_machines_json(machines, json, sizeof json, NULL) == PAIDUP_OK);
    CHECK(json[0] == '[');
    paidup_machines_free(machines);

    /* No reply: what holds, holds. */
    entropy(random);
    CHECK(paidup_installation_refresh(it, random, sizeof random, time(NULL), &request, NULL)
          == PAIDUP_OK);
    CHECK(paidup_installation_failed(it, &request, "no network here", time(NULL), NULL)
          == PAIDUP_NETWORK);
    CHECK(happened("refreshFailing") && paidup_installation_failing_since(it) != 0);
    CHECK(paidup_installation_check(it, time(NULL), NULL) == PAIDUP_VALID);

    CHECK(paidup_installation_knows_its_seat(it) == 1);
    CHECK(paidup_installation_deactivate(it, &request, NULL) == PAIDUP_OK);
    CHECK(carry(&request, NULL) == PAIDUP_OK);
    CHECK(paidup_installation_check(it, time(NULL), NULL) == PAIDUP_NO_LICENSE);

    paidup_installation_free(it);
    free(state);
    free(witness);
    return checked();
}
