/* What a program must not do, as far as it is refused; with a valid token on standard
 * input. argv: issuer, product, fingerprint, key, now. */
#include "check.h"

#define INVALID PAIDUP_INVALID_ARGUMENT

/* The first line of standard input, without its line break. */
static char *read_line(void)
{
    static char line[65536];

    if (fgets(line, sizeof line, stdin) == NULL)
        exit(2);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static void nothing_at_all(void)
{
    paidup_license *license = (paidup_license *)&failures;
    uint64_t limit = 7;
    size_t needed;

    CHECK(paidup_verifier_new(NULL, "notes") == NULL);
    CHECK(paidup_verifier_new("https://a", NULL) == NULL);
    CHECK(paidup_verifier_new("", "notes") == NULL);
    CHECK(paidup_verifier_new("https://a", "no\ntes") == NULL);
    CHECK(paidup_verifier_new("https://a", "\xff") == NULL);
    CHECK(paidup_setup_new(NULL, NULL) == NULL);
    CHECK(paidup_verifier_add_root(NULL, "x") == INVALID);
    CHECK(paidup_verifier_add_key(NULL, "x") == INVALID);
    CHECK(paidup_verifier_add_key_within(NULL, "x", 0, 0, NULL, 0) == INVALID);
    CHECK(paidup_verifier_revoke(NULL, "x") == INVALID);
    CHECK(paidup_verifier_add_keyset(NULL, "x", 1, 0) == INVALID);
    CHECK(paidup_verifier_set_fingerprint(NULL, "x") == INVALID);
    CHECK(paidup_verifier_set_any_machine(NULL) == INVALID);
    CHECK(paidup_verifier_set_test_mode(NULL) == INVALID);
    CHECK(paidup_verifier_set_seen_token(NULL, 0, 0, NULL) == INVALID);
    CHECK(paidup_verifier_set_seen_time(NULL, 0) == INVALID);
    CHECK(paidup_verify(NULL, "x", 1, 0, &license) == INVALID && license == NULL);
    CHECK(paidup_verify_file(NULL, "x", 1, 0, NULL) == INVALID);
    CHECK(paidup_explain(NULL, "x", 1, 0, NULL, 0, &needed) == INVALID);
    CHECK(paidup_license_standing(NULL, 0) == PAIDUP_NO_LICENSE);
    CHECK(paidup_license_allows(NULL, "export", 0) == 0);
    CHECK(paidup_license_id(NULL) == NULL && paidup_license_policy_name(NULL) == NULL);
    CHECK(paidup_license_entitlement_count(NULL) == 0);
    CHECK(paidup_license_entitlement(NULL, 0) == NULL);
    CHECK(paidup_license_limit(NULL, "seats", &limit) == 0 && limit == 7);
    CHECK(paidup_license_lease_ends_at(NULL) == 0);
    CHECK(paidup_license_json(NULL, NULL, 0, NULL) == INVALID);
    CHECK(paidup_license_key_check(NULL, NULL) == INVALID);
    CHECK(paidup_error_code(NULL) == PAIDUP_OK && paidup_error_machines(NULL) == NULL);
    CHECK(strcmp(paidup_error_message(NULL), "") == 0);
    CHECK(paidup_machines_count(NULL) == 0 && paidup_machines_id(NULL, 0) == NULL);
    CHECK(paidup_event_time(NULL) == 0 && strcmp(paidup_event_kind(NULL), "") == 0);
    CHECK(strcmp(paidup_request_path(NULL), "") == 0 && paidup_request_body(NULL) == NULL);
    CHECK(paidup_installation_poll(NULL, 0) == -1);
    CHECK(paidup_installation_check(NULL, 0, NULL) == INVALID);
    CHECK(paidup_installation_unsaved(NULL) == NULL);
    CHECK(strcmp(paidup_result_name(12345), "UNKNOWN") == 0);
    CHECK(paidup_result_usable(12345) == 0);

    paidup_verifier_free(NULL);
    paidup_license_free(NULL);
    paidup_error_free(NULL);
    paidup_machines_free(NULL);
    paidup_event_free(NULL);
    paidup_setup_free(NULL);
    paidup_request_free(NULL);
    paidup_unsaved_free(NULL);
    paidup_installation_free(NULL);
}

static void keys(paidup_verifier *verifier)
{
    const char *products[2] = {"notes", NULL};
    char neutral[44];

    CHECK(paidup_verifier_add_key(verifier, "") == INVALID);
    CHECK(paidup_verifier_add_key(verifier, "not a key") == INVALID);
    /* A point of small order, with which one signature would fit many messages. */
    memset(neutral, 'A', 43);
    neutral[1] = 'Q';
    neutral[43] = '\0';
    CHECK(paidup_verifier_add_key(verifier, neutral) == INVALID);
    CHECK(paidup_verifier_add_root(verifier, neutral) == INVALID);
    CHECK(paidup_verifier_revoke(verifier, "short") == INVALID);
    CHECK(paidup_verifier_add_key_within(
              verifier, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", 0, 0, products, 2)
          == INVALID);
    CHECK(paidup_verifier_add_key_within(
              verifier, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", 0, 0, NULL, 1)
          == INVALID);
    CHECK(paidup_verifier_add_key_within(verifier, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                                         0, 0, products, SIZE_MAX)
          == INVALID);
    CHECK(paidup_verifier_add_keyset(verifier, "x", 1, 0) == PAIDUP_MALFORMED);
    CHECK(paidup_verifier_add_keyset(verifier, "x", SIZE_MAX, 0) == PAIDUP_TOO_LARGE);
}

static void lengths(const paidup_verifier *verifier, const char *token, int64_t now)
{
    paidup_license *license = (paidup_license *)&failures;
    size_t length = strlen(token);

    CHECK(paidup_verify(verifier, NULL, 0, now, &license) == INVALID && license == NULL);
    CHECK(paidup_verify(verifier, NULL, 9, now, NULL) == INVALID);
    CHECK(paidup_verify(verifier, token, 0, now, NULL) == PAIDUP_MALFORMED);
    CHECK(paidup_verify(verifier, token, SIZE_MAX, now, NULL) == PAIDUP_TOO_LARGE);
    CHECK(paidup_verify(verifier, token, (size_t)1 << 62, now, NULL) == PAIDUP_TOO_LARGE);
    CHECK(paidup_verify(verifier, token, length - 1, now, NULL) == PAIDUP_MALFORMED);
    /* The NUL is no part of the token. */
    CHECK(paidup_verify(verifier, token, length + 1, now, NULL) == PAIDUP_MALFORMED);
    CHECK(paidup_verify(verifier, "\xff\xfe..", 4, now, NULL) == PAIDUP_MALFORMED);
    CHECK(paidup_verify_file(verifier, token, length, now, NULL) == PAIDUP_MALFORMED);
    CHECK(paidup_verify_file(verifier, token, SIZE_MAX, now, NULL) == PAIDUP_TOO_LARGE);
    CHECK(paidup_verify(verifier, token, length, now, NULL) == PAIDUP_VALID);
    CHECK(paidup_verify(verifier, token, length, INT64_MIN, NULL) == PAIDUP_CLOCK_ROLLBACK);
    CHECK(!paidup_result_usable(paidup_verify(verifier, token, length, INT64_MAX, NULL)));
}

static void buffers(const paidup_license *license)
{
    size_t needed = 0, n;
    char *buffer;

    CHECK(paidup_license_json(license, NULL, 0, &needed) == PAIDUP_BUFFER_TOO_SMALL);
    CHECK(needed > 100);
    CHECK(paidup_license_json(license, NULL, 1, NULL) == INVALID);
    for (n = 1; n <= needed; n += n == 1 ? needed - 2 : 1) {
        size_t again = 0;
        paidup_result code;

        buffer = malloc(n);
        if (buffer == NULL)
            exit(2);
        memset(buffer, '#', n);
        code = paidup_license_json(license, buffer, n, &again);
        CHECK(again == needed);
        if (n < needed) {
            CHECK(code == PAIDUP_BUFFER_TOO_SMALL && buffer[0] == '\0');
            CHECK(n == 1 || buffer[1] == '#');
        } else {
            CHECK(code == PAIDUP_OK && strlen(buffer) == needed - 1);
        }
        free(buffer);
    }
}

static void texts(const paidup_license *license, int64_t now)
{
    size_t count = paidup_license_entitlement_count(license);

    CHECK(count > 0 && paidup_license_entitlement(license, count - 1) != NULL);
    CHECK(paidup_license_entitlement(license, count) == NULL);
    CHECK(paidup_license_entitlement(license, SIZE_MAX) == NULL);
    CHECK(paidup_license_allows(license, paidup_license_entitlement(license, 0), now) == 1);
    CHECK(paidup_license_allows(license, "", now) == 0);
    CHECK(paidup_license_allows(license, NULL, now) == 0);
    CHECK(paidup_license_allows(license, "\xff\xff", now) == 0);
    CHECK(paidup_license_limit(license, "no such limit", NULL) == 0);
    /* The same text each time, as long as the license lives. */
    CHECK(paidup_license_id(license) == paidup_license_id(license));
    CHECK(strncmp(paidup_license_id(license), "lic_", 4) == 0);
}

static void installations(void)
{
    static const uint8_t entropy[PAIDUP_ENTROPY_SIZE] = {7};
    static const char key[] = "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z";
    char offline[PAIDUP_OFFLINE_REQUEST_SIZE];
    paidup_setup *setup = paidup_setup_new("https://licenses.example.com", "notes");
    paidup_installation *it = (paidup_installation *)&failures;
    paidup_request *request = NULL;
    paidup_error *error = NULL;
    size_t needed = 0;

    CHECK(paidup_installation_load(setup, NULL, 0, NULL, 0, &it) == INVALID && it == NULL);
    CHECK(paidup_setup_set_class(setup, "toaster") == INVALID);
    CHECK(paidup_setup_set_device_name(setup, "a\tb") == INVALID);
    CHECK(paidup_setup_add_root(setup, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo") == 0);
    CHECK(paidup_installation_load(setup, NULL, 0, NULL, 0, NULL) == INVALID);
    CHECK(paidup_installation_load(setup, NULL, 5, NULL, 0, &it) == INVALID);
    /* What is not ours is not there. */
    CHECK(paidup_installation_load(setup, "rubbish\xff", 8, "x", SIZE_MAX, &it) == PAIDUP_OK);
    paidup_setup_free(setup);
    CHECK(paidup_installation_check(it, 0, NULL) == PAIDUP_NO_LICENSE);
    CHECK(paidup_installation_poll(it, 0) == -1);

    CHECK(paidup_installation_activate(it, key, entropy, 15, &request, &error) == INVALID);
    CHECK(paidup_error_code(error) == INVALID && request == NULL);
    paidup_error_free(error);
    CHECK(paidup_installation_activate(it, key, NULL, 16, &request, NULL) == INVALID);
    CHECK(paidup_installation_activate(it, key, entropy, 16, NULL, NULL) == INVALID);
    CHECK(paidup_installation_activate(it, "NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Y", entropy, 16,
                                       &request, &error)
          == PAIDUP_LICENSE_KEY_MALFORMED);
    CHECK(strlen(paidup_error_message(error)) > 0 && request == NULL);
    paidup_error_free(error);
    CHECK(paidup_installation_refresh(it, entropy, 16, 0, &request, NULL) == PAIDUP_NO_LICENSE);
    CHECK(paidup_installation_deactivate(it, &request, NULL) == PAIDUP_NO_LICENSE);
    CHECK(paidup_installation_free_machine(it, "../etc", &request, NULL) == PAIDUP_NOT_FOUND);

    /* A request is taken over, and cannot be used twice. */
    CHECK(paidup_installation_activate(it, key, entropy, 16, &request, &error) == PAIDUP_OK);
    CHECK(error == NULL && strcmp(paidup_request_path(request), "/api/v1/tokens") == 0);
    CHECK(paidup_installation_receive(it, &request, 200, "<html>", 6, -1, 0, NULL, &error)
          == PAIDUP_NETWORK);
    paidup_error_free(error);
    CHECK(request == NULL);
    CHECK(paidup_installation_receive(it, &request, 200, "{}", 2, -1, 0, NULL, NULL) == INVALID);
    CHECK(paidup_installation_receive(it, NULL, 200, "{}", 2, -1, 0, NULL, NULL) == INVALID);
    CHECK(paidup_installation_failed(it, &request, "gone", 0, NULL) == INVALID);
    CHECK(paidup_installation_activate(it, key, entropy, 16, &request, NULL) == PAIDUP_OK);
    CHECK(paidup_installation_failed(it, &request, "gone", 0, &error) == PAIDUP_NETWORK);
    CHECK(strstr(paidup_error_message(error), "gone") != NULL && request == NULL);
    paidup_error_free(error);
    /* Freed without being sent. */
    CHECK(paidup_installation_activate(it, key, entropy, 16, &request, NULL) == PAIDUP_OK);
    paidup_request_free(request);

    /* With one byte too few nothing is begun. */
    CHECK(paidup_installation_offline_request(it, key, entropy, 16, offline, sizeof offline - 1,
                                              &needed, NULL)
          == PAIDUP_BUFFER_TOO_SMALL);
    CHECK(needed == sizeof offline && paidup_installation_unsaved(it) == NULL);
    CHECK(paidup_installation_offline_request(it, key, entropy, 16, offline, sizeof offline,
                                              &needed, NULL)
          == PAIDUP_OK);
    CHECK(needed == strlen(offline) + 1 && strncmp(offline, "PAIDUP-REQUEST-1.", 17) == 0);
    CHECK(paidup_installation_saved(it, 0) == PAIDUP_OK);
    {
        paidup_unsaved *unsaved = paidup_installation_unsaved(it);
        paidup_event *event = paidup_installation_next_event(it);

        CHECK(strncmp(paidup_unsaved_state(unsaved), "paidup-state", 12) == 0);
        CHECK(strcmp(paidup_event_kind(event), "notStored") == 0);
        paidup_unsaved_free(unsaved);
        paidup_event_free(event);
        CHECK(paidup_installation_next_event(it) == NULL);
    }
    CHECK(paidup_installation_saved(it, 1) == PAIDUP_OK);
    CHECK(paidup_installation_unsaved(it) == NULL);
    paidup_installation_free(it);
}

int main(int argc, char **argv)
{
    paidup_verifier *verifier;
    paidup_license *license = NULL;
    const char *token = read_line();
    int64_t now;

    if (argc != 6)
        return 2;
    now = strtoll(argv[5], NULL, 10);
    nothing_at_all();
    verifier = paidup_verifier_new(argv[1], argv[2]);
    keys(verifier);
    CHECK(paidup_verifier_add_key(verifier, argv[4]) == PAIDUP_OK);
    CHECK(paidup_verifier_set_fingerprint(verifier, argv[3]) == PAIDUP_OK);
    CHECK(paidup_verifier_set_seen_time(verifier, now) == PAIDUP_OK);
    lengths(verifier, token, now);
    CHECK(paidup_verify(verifier, token, strlen(token), now, &license) == PAIDUP_VALID);
    paidup_verifier_free(verifier);
    /* The license outlives its verifier. */
    buffers(license);
    texts(license, now);
    paidup_license_free(license);
    installations();
    return checked();
}
