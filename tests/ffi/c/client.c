/* The client with everything built in: misuse, callbacks, threads. argv: issuer, root,
 * license key. */
#include "check.h"

#include <pthread.h>

#define INVALID PAIDUP_INVALID_ARGUMENT

struct heard {
    paidup_client *client;
    int unlocked;
    int refused;
};

/* Events may come from two threads, but the program looks only when all is quiet. */
static void hear(void *context, const paidup_event *event)
{
    struct heard *heard = context;

    heard->unlocked += strcmp(paidup_event_kind(event), "unlocked") == 0;
    /* What waits would wait for itself. */
    heard->refused += paidup_client_refresh(heard->client, NULL) == INVALID;
}

static void nothing_at_all(char **argv)
{
    paidup_setup *setup = paidup_setup_new(argv[1], "notes");
    paidup_client *client = (paidup_client *)&failures;
    paidup_error *error = NULL;
    char fingerprint[80];
    size_t needed = 0;

    CHECK(paidup_client_open(NULL, &client, &error) == INVALID && client == NULL);
    CHECK(strlen(paidup_error_message(error)) > 0);
    paidup_error_free(error);
    CHECK(paidup_client_open(setup, &client, &error) == INVALID);
    CHECK(strstr(paidup_error_message(error), "pin a root") != NULL);
    paidup_error_free(error);
    CHECK(paidup_setup_add_root(setup, argv[2]) == PAIDUP_OK);
    CHECK(paidup_client_open(setup, NULL, NULL) == INVALID);
    CHECK(paidup_setup_set_url(setup, "http://licenses.example.com") == PAIDUP_OK);
    CHECK(paidup_client_open(setup, &client, &error) == INVALID);
    CHECK(strstr(paidup_error_message(error), "not https") != NULL);
    paidup_error_free(error);
    CHECK(paidup_setup_on_event(setup, NULL, NULL) == INVALID);
    CHECK(paidup_setup_set_folders(setup, "here", NULL) == INVALID);
    CHECK(paidup_setup_set_url(NULL, "https://a") == INVALID);
    paidup_setup_free(setup);

    CHECK(paidup_client_check(NULL, NULL) == INVALID);
    CHECK(paidup_client_allows(NULL, "export") == 0);
    CHECK(paidup_client_activate(NULL, "x", NULL) == INVALID);
    CHECK(paidup_client_deactivate(NULL, NULL) == INVALID);
    CHECK(paidup_client_list_machines(NULL, NULL, NULL) == INVALID);
    CHECK(paidup_client_free_machine(NULL, "x", NULL) == INVALID);
    CHECK(paidup_client_start_refreshing(NULL) == INVALID);
    CHECK(paidup_client_next_event(NULL) == NULL);
    paidup_client_free(NULL);
    CHECK(paidup_fingerprint("notes", fingerprint, 5, &needed) == PAIDUP_BUFFER_TOO_SMALL);
    CHECK(needed < sizeof fingerprint);
    CHECK(paidup_fingerprint("notes", fingerprint, needed, NULL) == PAIDUP_OK);
    CHECK(strncmp(fingerprint, "sha256:", 7) == 0);
}

static void *ask(void *argument)
{
    const paidup_client *client = argument;
    long wrong = 0;
    int n;

    for (n = 0; n < 200; n++)
        wrong += !paidup_client_allows(client, "export");
    return (void *)wrong;
}

int main(int argc, char **argv)
{
    struct heard heard = {NULL, 0, 0};
    char request[PAIDUP_OFFLINE_REQUEST_SIZE], json[8192];
    paidup_setup *setup;
    paidup_error *error = NULL;
    pthread_t threads[2];
    size_t needed = 0;
    int n;

    if (argc != 4)
        return 2;
    nothing_at_all(argv);
    setup = paidup_setup_new(argv[1], "notes");
    paidup_setup_add_root(setup, argv[2]);
    paidup_setup_set_test_mode(setup);
    CHECK(paidup_setup_set_folders(setup, "state", "witness") == PAIDUP_OK);
    CHECK(paidup_setup_set_fingerprint(setup, "a-client") == PAIDUP_OK);
    CHECK(paidup_setup_set_class(setup, "desktop") == PAIDUP_OK);
    CHECK(paidup_setup_on_event(setup, hear, &heard) == PAIDUP_OK);
    CHECK(paidup_client_open(setup, &heard.client, &error) == PAIDUP_OK && error == NULL);
    paidup_setup_free(setup);
    CHECK(paidup_client_check(heard.client, NULL) == PAIDUP_NO_LICENSE);
    CHECK(paidup_client_refresh(heard.client, &error) == PAIDUP_NO_LICENSE);
    CHECK(paidup_error_code(error) == PAIDUP_NO_LICENSE);
    paidup_error_free(error);
    CHECK(paidup_client_activate(heard.client, NULL, NULL) == INVALID);
    CHECK(paidup_client_free_machine(heard.client, "../x", NULL) == PAIDUP_NOT_FOUND);

    CHECK(paidup_client_activate(heard.client, argv[3], &error) == PAIDUP_VALID);
    CHECK(error == NULL && paidup_client_start_refreshing(heard.client) == PAIDUP_OK);
    CHECK(heard.unlocked == 1 && heard.refused >= 1);
    CHECK(paidup_client_next_event(heard.client) == NULL);
    for (n = 0; n < 2; n++)
        CHECK(pthread_create(&threads[n], NULL, ask, heard.client) == 0);
    for (n = 0; n < 2; n++) {
        void *wrong = &failures;

        CHECK(pthread_join(threads[n], &wrong) == 0 && wrong == NULL);
    }
    CHECK(paidup_client_explain(heard.client, json, sizeof json, NULL) == PAIDUP_OK);
    CHECK(strncmp(json, "{\"code\":\"VALID\"", 15) == 0 && strstr(json, argv[3]) == NULL);
    CHECK(paidup_client_failing_since(heard.client) == 0);

    /* With one byte too few nothing is forgotten. */
    CHECK(paidup_client_offline_deactivation(heard.client, request, sizeof request - 1, &needed,
                                             NULL)
          == PAIDUP_BUFFER_TOO_SMALL);
    CHECK(needed == sizeof request);
    CHECK(paidup_client_check(heard.client, NULL) == PAIDUP_VALID);
    CHECK(paidup_client_offline_deactivation(heard.client, request, sizeof request, &needed, NULL)
          == PAIDUP_OK);
    CHECK(paidup_client_check(heard.client, NULL) == PAIDUP_NO_LICENSE);
    CHECK(paidup_client_stop_refreshing(heard.client) == PAIDUP_OK);
    CHECK(paidup_client_forget(heard.client) == PAIDUP_OK);
    paidup_client_free(heard.client);
    return checked();
}
