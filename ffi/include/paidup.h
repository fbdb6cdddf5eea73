/*
 * paidup.h: whoever has paid can use the app, online or not.
 *
 * This header is the whole manual. It is C89 with <stdint.h>, and C++.
 *
 *   cc app.c $(pkg-config --cflags --libs paidup)      with the shared library
 *   cc app.c $(pkg-config --cflags paidup) $(pkg-config --variable=static paidup)
 *                                                      with the static one
 *
 * AN APP, with everything built in:
 *
 *   #include <paidup.h>
 *   #include <stdio.h>
 *
 *   int main(int argc, char **argv)
 *   {
 *       paidup_setup *setup = paidup_setup_new("https://licenses.example.com", "notes");
 *       paidup_client *client = NULL;
 *       paidup_error *error = NULL;
 *       paidup_result code;
 *
 *       paidup_setup_add_root(setup, "1-1KDvGaI4OlzbxBVx_o2jRt-IjHZr8sWPTon7PNJlY");
 *       code = paidup_client_open(setup, &client, &error);
 *       paidup_setup_free(setup);
 *       if (code == PAIDUP_OK) {
 *           paidup_client_start_refreshing(client);
 *           if (argc > 1)
 *               code = paidup_client_activate(client, argv[1], &error);
 *           if (paidup_client_allows(client, "export"))
 *               puts("exporting");
 *           else
 *               puts(paidup_result_next_step(paidup_client_check(client, NULL)));
 *       }
 *       if (error != NULL)
 *           fprintf(stderr, "%s. %s\n", paidup_error_message(error),
 *                   paidup_error_next_step(error));
 *       paidup_error_free(error);
 *       paidup_client_free(client);
 *       return 0;
 *   }
 *
 * The issuer's address and the root are what "paidup keys export" prints. While the issuer
 * is in test mode, so is the app: paidup_setup_set_test_mode.
 *
 * ONE TOKEN, without any network, disk or clock:
 *
 *   paidup_verifier *verifier = paidup_verifier_new("https://licenses.example.com", "notes");
 *   paidup_license *license = NULL;
 *   paidup_verifier_add_key(verifier, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
 *   code = paidup_verify(verifier, token, strlen(token), time(NULL), &license);
 *   if (paidup_license_allows(license, "export", time(NULL)))
 *       ...
 *   paidup_license_free(license);
 *   paidup_verifier_free(verifier);
 *
 * A HOST WITH ITS OWN NETWORK drives a paidup_installation: see there. It is the same
 * client, and the library can then be built without HTTP and TLS. Define PAIDUP_NO_CLIENT
 * for such a library; its paidup.pc does so.
 *
 * RESULTS. What can fail returns a paidup_result. What asks for a license returns the
 * standing itself, so that PAIDUP_VALID and PAIDUP_GRACE mean yes and everything else
 * means no; what does something else returns PAIDUP_OK. Each code has a name, a meaning
 * and a way out, as texts. Each function lists the codes that it can return. Two are not
 * listed, since every function may return them: PAIDUP_INVALID_ARGUMENT, where a pointer
 * is NULL that may not be, and PAIDUP_INTERNAL, for a fault in the library that was
 * caught. What returns 1 or 0, a number or a text does not fail: NULL gives what is said.
 *
 * OWNERSHIP. A pointer to a paidup_ type that is not const, and was returned or written to
 * you, is yours: free it once, with the function of its type. Each such function takes
 * NULL. What it gives as "const" belongs to it, and lives as long. Everything that you
 * hand in is copied where it is needed, and is yours again when the function returns; the
 * exceptions say so. An out-parameter is set to NULL first, whatever happens then. Using
 * what was freed, or freeing it twice, is undefined, as with free().
 *
 * TEXTS are UTF-8. A "const char *" ends in NUL, going in and coming out, unless a length
 * stands beside it: then it has so many bytes and needs no NUL, and a length that nothing
 * of its kind has is refused without being read. What is no UTF-8 is refused.
 *
 * BUFFERS. Where a function writes a text into "buffer", that has "capacity" bytes, and
 * the text is written whole, with a NUL, or not at all. "needed", where it is not NULL,
 * is set to the bytes that this takes, the NUL included. PAIDUP_BUFFER_TOO_SMALL means
 * that capacity is less: call again with more. So NULL and 0 ask for the size.
 *
 * TIMES are Unix seconds, int64_t. Any number is a time, so hand in a clock as it is.
 *
 * THREADS. A function that takes its handle as "const" may be called by many threads at
 * once on the same handle; one that takes it without const, by one thread while no other
 * uses the handle. Freeing is such a use. There is no global state: no initialization, no
 * last error.
 *
 * SECRETS. A license key, the state of an installation, a request and an offline request
 * open the license to whoever reads them. The library wipes its own copies, and writes
 * none into a message, an explanation or an event.
 */

#if !defined(PAIDUP_NO_CLIENT) && !defined(PAIDUP_CLIENT)
#define PAIDUP_CLIENT 1
#endif

#ifndef PAIDUP_H
#define PAIDUP_H

/* Made by `cargo run -p paidup-header`: change the comments in ffi/src instead. */

#include <stddef.h>
#include <stdint.h>

/* The version of this header. See paidup_version. */
#define PAIDUP_VERSION "0.1.0"

/* The bytes that a buffer for an offline request must have. */
#define PAIDUP_OFFLINE_REQUEST_SIZE 4097

/* The bytes of random numbers that a request needs. */
#define PAIDUP_ENTROPY_SIZE 16

/* What a function answers. A number is never changed and never given to another code;
   later versions may add codes, so treat one that you do not know as an error.
   paidup_result_usable says which of them let the app run: PAIDUP_VALID and
   PAIDUP_GRACE, no other. */
typedef int32_t paidup_result;
enum {
  /* Done. It is never the answer to whether a license is usable. */
  PAIDUP_OK = 0,
  /* The license is valid. */
  PAIDUP_VALID = 1,
  /* The license was canceled or a payment failed, and it still works for a while. */
  PAIDUP_GRACE = 2,
  /* The license has reached its end. */
  PAIDUP_EXPIRED = 10,
  /* The license is suspended, usually because a payment failed. */
  PAIDUP_SUSPENDED = 11,
  /* The license was revoked. */
  PAIDUP_REVOKED = 12,
  /* The license is banned. */
  PAIDUP_BANNED = 13,
  /* The license has not been confirmed for some time, and has to be before it works again. */
  PAIDUP_REFRESH_REQUIRED = 14,
  /* The license begins later than this machine's clock. */
  PAIDUP_NOT_YET_VALID = 15,
  /* This machine's clock is behind a time it has already seen. */
  PAIDUP_CLOCK_ROLLBACK = 16,
  /* There is no license here yet. */
  PAIDUP_NO_LICENSE = 17,
  /* The token is larger than any token may be. */
  PAIDUP_TOO_LARGE = 100,
  /* This is not a well-formed license token. */
  PAIDUP_MALFORMED = 101,
  /* The token is not signed with Ed25519. */
  PAIDUP_UNSUPPORTED_ALGORITHM = 102,
  /* The token's header has a member that license tokens do not have. */
  PAIDUP_UNSUPPORTED_HEADER = 103,
  /* This is a signed text of another kind than a license token. */
  PAIDUP_WRONG_TYPE = 104,
  /* The token is signed by a key that this verifier does not trust for it. */
  PAIDUP_UNKNOWN_KEY = 105,
  /* The key that signed the token was revoked. */
  PAIDUP_KEY_REVOKED = 106,
  /* The token was issued outside the time in which its key may sign. */
  PAIDUP_KEY_NOT_VALID = 107,
  /* The signature does not fit: the token was changed or is a forgery. */
  PAIDUP_SIGNATURE_INVALID = 108,
  /* The token is of a version that this verifier does not know. */
  PAIDUP_UNSUPPORTED_VERSION = 109,
  /* The token is signed, but what it says breaks the rules of the format. */
  PAIDUP_CLAIMS_INVALID = 110,
  /* The license was issued by another vendor's license server than this app expects. */
  PAIDUP_ISSUER_MISMATCH = 111,
  /* The token is for another product. */
  PAIDUP_PRODUCT_MISMATCH = 112,
  /* The token is bound to another machine. */
  PAIDUP_FINGERPRINT_MISMATCH = 113,
  /* A test token was given to a live app, or a live token to a test build. */
  PAIDUP_ENVIRONMENT_MISMATCH = 114,
  /* A newer token of this license has been seen here. */
  PAIDUP_STALE_TOKEN = 115,
  /* A newer list of signing keys has been seen here. */
  PAIDUP_KEYSET_ROLLBACK = 116,
  /* The license server could not be reached, or its reply was not understood. */
  PAIDUP_NETWORK = 200,
  /* Too many requests in a short time. */
  PAIDUP_RATE_LIMITED = 201,
  /* The license is in use on as many machines as it allows. */
  PAIDUP_MACHINE_LIMIT_EXCEEDED = 202,
  /* This license is bound to machines, and the request named none. */
  PAIDUP_FINGERPRINT_REQUIRED = 203,
  /* There is no such license. */
  PAIDUP_NOT_FOUND = 204,
  /* The license key has a typing error. */
  PAIDUP_LICENSE_KEY_MALFORMED = 205,
  /* What belongs to the license could not be read or written here. */
  PAIDUP_STORE_UNAVAILABLE = 300,
  /* The program called the library with an argument it cannot take. */
  PAIDUP_INVALID_ARGUMENT = 301,
  /* The memory that the program offered is too small for the answer. */
  PAIDUP_BUFFER_TOO_SMALL = 302,
  /* This browser, or the page's security policy, does not let WebAssembly run. */
  PAIDUP_UNSUPPORTED_RUNTIME = 303,
  /* The library has a fault. Nothing is known of what was asked for. */
  PAIDUP_INTERNAL = 390
};

#ifdef __cplusplus
extern "C" {
#endif


#if defined(PAIDUP_CLIENT)
/*
 An app's license, kept fresh: with a network, a disk and a clock of its own.

 It answers from what it has on disk, at once, and asks the issuer in the background. A
 server that is away stops nobody; a signed refusal does, at the next contact. Any
 thread may use it at any time; free it when none does any more. One is enough for a
 program.
 */
typedef struct paidup_client paidup_client;
#endif

/*
 Why something was not done, in words for a human.

 A function with a parameter "error" sets it to NULL when it has done what it was
 asked, and else to a new paidup_error: show it, then free it. Whoever is content
 with the code passes NULL.
 */
typedef struct paidup_error paidup_error;

/*
 Something that happened to the license. Its kind is one of

   unlocked           it is usable, and was not before; time: the lease's end
   renewed            the issuer has confirmed it; time: the lease's new end
   graceStarted       it still works, until time; reason: canceled, payment_failed
   suspended          it was suspended; reason as the issuer says, or NULL
   revoked            it was revoked, or its grace is over; reason as above
   expired            it has reached its end
   banned             it was banned
   locked             it is not usable for another reason, which a contact with the
                      issuer heals; code says which
   refreshFailing     the issuer cannot be reached since time; code says how the
                      last attempt failed. Nothing is locked by that.
   refreshRecovered   it can be reached again
   notStored          what belongs to the license could not be written; it works
                      for as long as the app runs

 and later versions may add others: ignore what you do not know.
 */
typedef struct paidup_event paidup_event;

/*
 An app's license as a machine without a socket, a file or a clock, for a host that has
 its own. Whoever drives it carries requests to the issuer and brings back replies:

 1. paidup_installation_poll says whether it is time to ask. Then
    paidup_installation_refresh makes the request.
 2. The host sends it. paidup_installation_receive takes the reply,
    paidup_installation_failed that none came.
 3. paidup_installation_unsaved says what to write down,
    paidup_installation_next_event what to tell the user. Look at both after every
    call that changes something, paidup_installation_check included.

 Only a signed text changes what holds, for the better or for the worse: whatever else
 the host brings back is a contact that failed. "now" is what the machine's clock says,
 in Unix seconds, right or wrong.

 One thread at a time may use an installation.
 */
typedef struct paidup_installation paidup_installation;

/*
 A license whose signature was verified. It may be usable or not: that depends on the
 time, which every question takes as an argument. It never changes, and any number of
 threads may ask at once.
 */
typedef struct paidup_license paidup_license;

/*
 The machines that have a seat of a license, numbered from 0. Never changes.
 */
typedef struct paidup_machines paidup_machines;

/*
 A request of a paidup_installation's, for the host to send: to the issuer's address
 with the path behind it, over https, without following redirects. It holds secrets.
 */
typedef struct paidup_request paidup_request;

/*
 What an app is built with: whom it trusts, what it is, and on which machine it runs.

 Build it on one thread, open a paidup_client with it or load a paidup_installation,
 and free it: both keep what they need of it.
 */
typedef struct paidup_setup paidup_setup;

/*
 Two texts to write down, each to a place of its own and each as a whole: a file that is
 written beside the old one and then renamed over it.
 */
typedef struct paidup_unsaved paidup_unsaved;

/*
 What a token must be to be believed: whose signature, for which product, on which
 machine.

 Build it on one thread: paidup_verifier_new, then the functions that take it without
 const. From then on treat it as const: paidup_verify, paidup_verify_file and
 paidup_explain change nothing, and any number of threads may call them at once.
 */
typedef struct paidup_verifier paidup_verifier;

#if defined(PAIDUP_CLIENT)
/*
 Who is told what happens. The event lives until the function returns.
 */
typedef void (*paidup_on_event)(void *context, const paidup_event *event);
#endif

/*
 The version of the library that is running, such as "0.1.0". Compare it with
 PAIDUP_VERSION, that of the header: before 1.0 both must begin with the same two
 numbers, from then on with the same one.
 */
const char *paidup_version(void);

/*
 The code's name, such as "EXPIRED". It is the same word in every language and on
 the wire. "UNKNOWN" for a number that is no code. Static: never freed.
 */
const char *paidup_result_name(paidup_result result);

/*
 What happened, as one English sentence for a human. Static: never freed.
 */
const char *paidup_result_meaning(paidup_result result);

/*
 The way out, as one English sentence for a human. Static: never freed.
 */
const char *paidup_result_next_step(paidup_result result);

/*
 1 for PAIDUP_VALID and PAIDUP_GRACE, under which the app may be used; 0 for every
 other number.
 */
int paidup_result_usable(paidup_result result);

/*
 The code, the same as the function returned. PAIDUP_OK for NULL.
 */
paidup_result paidup_error_code(const paidup_error *error);

/*
 What happened, as one English sentence that begins with a small letter and has no full
 stop, to stand behind a colon. It knows more than paidup_result_meaning: which machines
 have the seats, what is wrong with the key, what the network said. Lives as long as the
 error. "" for NULL.
 */
const char *paidup_error_message(const paidup_error *error);

/*
 The way out, as one English sentence. Lives as long as the error. "" for NULL.
 */
const char *paidup_error_next_step(const paidup_error *error);

/*
 Under PAIDUP_MACHINE_LIMIT_EXCEEDED the machines that have the seats: free one of
 them and activate again. NULL under every other code. It belongs to the error: it
 lives as long, and is not to be freed.
 */
const paidup_machines *paidup_error_machines(const paidup_error *error);

/*
 Frees an error. NULL is allowed, and nothing is done.
 */
void paidup_error_free(paidup_error *error);

/*
 Where the license stands at this moment: PAIDUP_VALID or PAIDUP_GRACE, under which
 the app may be used, or PAIDUP_EXPIRED, PAIDUP_SUSPENDED, PAIDUP_REVOKED,
 PAIDUP_BANNED, PAIDUP_REFRESH_REQUIRED, PAIDUP_NOT_YET_VALID,
 PAIDUP_CLOCK_ROLLBACK. PAIDUP_NO_LICENSE for NULL.
 */
paidup_result paidup_license_standing(const paidup_license *license, int64_t now);

/*
 1 if the license is usable at this moment and has this entitlement; else 0, for NULL
 too. This is the everyday question: ask it where it matters, as often as you like. It
 verifies nothing again and allocates nothing.
 */
int paidup_license_allows(const paidup_license *license,
                          const char *entitlement,
                          int64_t now);

/*
 Looks up a limit, such as "seats". Returns 1 and writes it to value where the license
 has one of this name; else returns 0 and leaves value as it is.
 */
int paidup_license_limit(const paidup_license *license, const char *name, uint64_t *value);

/*
 1 if the vendor has promised that this license works without the issuer, for ever;
 then the end of the lease ends nothing. Else 0.
 */
int paidup_license_outlives_issuer(const paidup_license *license);

/*
 The number of the license's latest change, for paidup_verifier_set_seen_token. 0 for
 NULL.
 */
uint64_t paidup_license_seq(const paidup_license *license);

/*
 Everything that the license says, as a JSON object, into the caller's buffer: id,
 product, issuer, status, reason, policy {id, name}, entitlements, limits, seq,
 issuedAt, leaseEndsAt, expiresAt, renewsAt, graceEndsAt, graceReason, refreshAfter,
 fingerprint, test. What it does not have is null; times are Unix seconds.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_license_json(const paidup_license *license,
                                  char *buffer,
                                  size_t capacity,
                                  size_t *needed);

/*
 Frees a license, and with it every text that it has given. NULL is allowed, and
 nothing is done.
 */
void paidup_license_free(paidup_license *license);

/*
 The license's id, such as "lic_01J…": what the issuer calls it. Lives as long as the
 license, as do all texts of a license. NULL for NULL.
 */
const char *paidup_license_id(const paidup_license *license);

/*
 The product's code.
 */
const char *paidup_license_product(const paidup_license *license);

/*
 The issuer that signed it.
 */
const char *paidup_license_issuer(const paidup_license *license);

/*
 The id of the policy, the terms under which the license was sold.
 */
const char *paidup_license_policy_id(const paidup_license *license);

/*
 The name of the policy, such as "growth_policy".
 */
const char *paidup_license_policy_name(const paidup_license *license);

/*
 Why the license is refused, such as "refunded" or "machine_deactivated"; an open set,
 for display and logs. NULL where no reason is given.
 */
const char *paidup_license_reason(const paidup_license *license);

/*
 The machine to which it is bound. NULL where it is bound to none.
 */
const char *paidup_license_fingerprint(const paidup_license *license);

/*
 The id of the key that signed it.
 */
const char *paidup_license_key_id(const paidup_license *license);

/*
 How many entitlements it has. Having one does not mean that the license is usable:
 that is paidup_license_allows.
 */
size_t paidup_license_entitlement_count(const paidup_license *license);

/*
 The entitlement of this number, counted from 0 in byte order. NULL where there is
 none.
 */
const char *paidup_license_entitlement(const paidup_license *license, size_t index);

/*
 When the token was issued, in Unix seconds, as all times of a license. 0 for NULL.
 */
int64_t paidup_license_issued_at(const paidup_license *license);

/*
 When the lease ends: from then on the issuer must confirm the license, unless
 paidup_license_outlives_issuer.
 */
int64_t paidup_license_lease_ends_at(const paidup_license *license);

/*
 When the license itself ends. 0 where no end is known: it was bought for ever, or its
 subscription renews.
 */
int64_t paidup_license_expires_at(const paidup_license *license);

/*
 When the subscription renews, for display. 0 where it does not.
 */
int64_t paidup_license_renews_at(const paidup_license *license);

/*
 When the grace ends, after which the license stops working. 0 where there is none.
 */
int64_t paidup_license_grace_ends_at(const paidup_license *license);

/*
 From when on a refresh is due. 0 for NULL.
 */
int64_t paidup_license_refresh_due_at(const paidup_license *license);

/*
 A verifier that takes live tokens of this issuer for this product and trusts no key
 yet. Both are what tokens carry, byte by byte, and are copied, as all texts are.
 Free it with paidup_verifier_free.

 Returns NULL where one of them is NULL, empty or no UTF-8, has control characters, or
 is longer than tokens have it: 512 bytes and 128.
 */
paidup_verifier *paidup_verifier_new(const char *issuer, const char *product);

/*
 Pins a root, whose keysets say which keys may sign: 43 characters of base64url, as
 "paidup keys export" prints them. A root never signs a license itself: add a keyset,
 or verify license files, which bring theirs along.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
 */
paidup_result paidup_verifier_add_root(paidup_verifier *verifier, const char *x);

/*
 Trusts a signing key directly, for this product and without end: for an issuer that
 has no root.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
 */
paidup_result paidup_verifier_add_key(paidup_verifier *verifier, const char *x);

/*
 Trusts a signing key for tokens that were issued from not_before to not_after, both
 included: INT64_MIN and INT64_MAX are no limits. It may sign for the products that
 are listed, count of them; for all where count is 0.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key, or a product
 is no product's code.
 */
paidup_result paidup_verifier_add_key_within(paidup_verifier *verifier,
                                             const char *x,
                                             int64_t not_before,
                                             int64_t not_after,
                                             const char *const *products,
                                             size_t count);

/*
 Refuses every token of this key from now on, whenever it was issued:
 PAIDUP_KEY_REVOKED. The key's id has 43 characters. Keysets bring their own
 revocations; this is for a program that is released after a theft.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no key's id.
 */
paidup_result paidup_verifier_revoke(paidup_verifier *verifier, const char *key_id);

/*
 Takes a keyset over, the list of signing keys that a pinned root has signed, in place
 of the one before. The issuer serves it at /.well-known/paidup-keyset.

 Returns PAIDUP_OK. PAIDUP_UNKNOWN_KEY where no pinned root has signed it,
 PAIDUP_KEYSET_ROLLBACK where it is older than the one before,
 PAIDUP_KEY_NOT_VALID where it has lain about for longer than it is good for, and
 PAIDUP_TOO_LARGE, PAIDUP_MALFORMED, PAIDUP_WRONG_TYPE, PAIDUP_SIGNATURE_INVALID,
 PAIDUP_CLAIMS_INVALID and the like where it is none: then the one before stays.
 */
paidup_result paidup_verifier_add_keyset(paidup_verifier *verifier,
                                         const char *keyset,
                                         size_t length,
                                         int64_t now);

/*
 Frees a verifier; licenses that it has verified live on. NULL is allowed, and nothing
 is done.
 */
void paidup_verifier_free(paidup_verifier *verifier);

/*
 Says which machine this is, in 1 to 256 bytes. Tokens that are bound to a machine are
 taken if it is this one; without this, none of them is.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_verifier_set_fingerprint(paidup_verifier *verifier,
                                              const char *fingerprint);

/*
 Takes tokens whatever machine they are bound to: for a server that looks at its
 customers' tokens, and wrong for an app.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_verifier_set_any_machine(paidup_verifier *verifier);

/*
 Takes test tokens instead of live ones: for a test build.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_verifier_set_test_mode(paidup_verifier *verifier);

/*
 Says which was the newest token of the license that was seen here, so that an older
 one is refused: PAIDUP_STALE_TOKEN. The three are those of paidup_license_seq,
 paidup_license_issued_at and paidup_license_key_id, which a program that keeps one
 license writes down beside it. key_id may be NULL where it is not known.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where key_id is no key's id.
 */
paidup_result paidup_verifier_set_seen_token(paidup_verifier *verifier,
                                             uint64_t seq,
                                             int64_t issued_at,
                                             const char *key_id);

/*
 Says which was the latest time that was seen here. Where the clock is more than an
 hour behind it, a license that is verified from now on is PAIDUP_CLOCK_ROLLBACK.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_verifier_set_seen_time(paidup_verifier *verifier, int64_t time);

/*
 Verifies a token and says where its license stands at this moment. A token is one
 line, without a line break at its end.

 Where the token is to be believed, returns what paidup_license_standing returns and
 sets license to a new paidup_license, even where it is not usable: free it with
 paidup_license_free. Verify once, keep the license, and ask that.

 Else sets license to NULL and returns, in the order of the checks, PAIDUP_TOO_LARGE,
 PAIDUP_MALFORMED, PAIDUP_UNSUPPORTED_ALGORITHM, PAIDUP_UNSUPPORTED_HEADER,
 PAIDUP_WRONG_TYPE, PAIDUP_KEY_REVOKED, PAIDUP_UNKNOWN_KEY, PAIDUP_SIGNATURE_INVALID,
 PAIDUP_UNSUPPORTED_VERSION, PAIDUP_CLAIMS_INVALID, PAIDUP_KEY_NOT_VALID,
 PAIDUP_ISSUER_MISMATCH, PAIDUP_PRODUCT_MISMATCH, PAIDUP_ENVIRONMENT_MISMATCH,
 PAIDUP_FINGERPRINT_MISMATCH, PAIDUP_STALE_TOKEN; or PAIDUP_INVALID_ARGUMENT.

 license may be NULL where only the answer is wanted.
 */
paidup_result paidup_verify(const paidup_verifier *verifier,
                            const char *token,
                            size_t length,
                            int64_t now,
                            paidup_license **license);

/*
 Verifies a license file, license.lic, as paidup_verify does a token. The keys that it
 brings along are believed if a pinned root has signed them; they are used for this
 file only, and not where the verifier has newer ones.

 Returns what paidup_verify returns, and what paidup_verifier_add_keyset does where the
 file's keys were refused and that is why its token is.
 */
paidup_result paidup_verify_file(const paidup_verifier *verifier,
                                 const char *file,
                                 size_t length,
                                 int64_t now,
                                 paidup_license **license);

/*
 Explains a token, for a log or somebody at a help desk, as a JSON object into the
 caller's buffer: {code, usable, checks: [{name, ok, detail}], license, nextAction}.
 license is what paidup_license_json says, or null. The token cannot be used with it:
 a signature is nowhere in it.

 Returns PAIDUP_OK whatever the token is; PAIDUP_BUFFER_TOO_SMALL,
 PAIDUP_INVALID_ARGUMENT; PAIDUP_TOO_LARGE and PAIDUP_MALFORMED for what is too long
 to be looked at, or no UTF-8.
 */
paidup_result paidup_explain(const paidup_verifier *verifier,
                             const char *token,
                             size_t length,
                             int64_t now,
                             char *buffer,
                             size_t capacity,
                             size_t *needed);

/*
 Looks for typing errors in a license key, without any network: for a dialogue that
 says so while its user types. Spaces, dashes and the case of letters do not matter.
 Whether there is such a license, only the issuer knows.

 Returns PAIDUP_OK, PAIDUP_LICENSE_KEY_MALFORMED, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_license_key_check(const char *key, paidup_error **error);

/*
 How many there are. 0 for NULL.
 */
size_t paidup_machines_count(const paidup_machines *machines);

/*
 The machine's id, such as "mac_01J…": what paidup_client_free_machine and
 paidup_installation_free_machine take. Lives as long as the list. NULL where there
 is no machine of this number.
 */
const char *paidup_machines_id(const paidup_machines *machines, size_t index);

/*
 What its user calls it. Lives as long as the list. NULL where it has no name, or
 there is no such machine.
 */
const char *paidup_machines_name(const paidup_machines *machines, size_t index);

/*
 What it runs, such as "linux-x86_64". As paidup_machines_name.
 */
const char *paidup_machines_platform(const paidup_machines *machines, size_t index);

/*
 When it was last heard of, as ISO 8601. As paidup_machines_name.
 */
const char *paidup_machines_last_seen_at(const paidup_machines *machines, size_t index);

/*
 1 if it is this very machine; else 0.
 */
int paidup_machines_is_this(const paidup_machines *machines, size_t index);

/*
 The list as JSON, into the caller's buffer: an array of objects with id, name,
 platform, lastSeenAt, thisMachine.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_machines_json(const paidup_machines *machines,
                                   char *buffer,
                                   size_t capacity,
                                   size_t *needed);

/*
 Frees a list, but not one that belongs to a paidup_error. NULL is allowed, and
 nothing is done.
 */
void paidup_machines_free(paidup_machines *machines);

/*
 What kind of event it is. Lives as long as the event. "" for NULL.
 */
const char *paidup_event_kind(const paidup_event *event);

/*
 The reason that was given. Lives as long as the event. NULL where there is none.
 */
const char *paidup_event_reason(const paidup_event *event);

/*
 The code that belongs to it; PAIDUP_OK where none does.
 */
paidup_result paidup_event_code(const paidup_event *event);

/*
 The time that belongs to it, in Unix seconds; 0 where none does.
 */
int64_t paidup_event_time(const paidup_event *event);

/*
 The event as one flat JSON object, for a log or another language. Lives as long as
 the event. "" for NULL.
 */
const char *paidup_event_json(const paidup_event *event);

/*
 Frees an event that paidup_client_next_event or paidup_installation_next_event has
 returned; one that a callback was given is not the caller's to free. NULL is
 allowed, and nothing is done.
 */
void paidup_event_free(paidup_event *event);

/*
 A setup for one product of one issuer: what tokens carry, byte by byte. It trusts
 nobody yet: pin a root. Free it with paidup_setup_free.

 Returns NULL where one of them is NULL, empty or no UTF-8, has control characters, or
 is longer than tokens have it: 512 bytes and 128.
 */
paidup_setup *paidup_setup_new(const char *issuer, const char *product);

/*
 Pins a root: 43 characters of base64url, as "paidup keys export" prints them. A second
 one is for the day on which the first is lost.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
 */
paidup_result paidup_setup_add_root(paidup_setup *setup, const char *x);

/*
 Pins a signing key directly: for an issuer that has no root.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
 */
paidup_result paidup_setup_add_key(paidup_setup *setup, const char *x);

/*
 The lowest version of a keyset that is taken: for an app that is released after a
 theft of keys.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_set_min_version(paidup_setup *setup, uint64_t version);

/*
 Which machine this is, in 1 to 256 bytes. A paidup_client asks the system where this
 is not set; a paidup_installation knows no machine then, and only licenses that are
 not bound to one work.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_set_fingerprint(paidup_setup *setup, const char *fingerprint);

/*
 What the machine is called where seats are listed, in 1 to 200 bytes. A paidup_client
 takes its host name where this is not set.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_set_device_name(paidup_setup *setup, const char *name);

/*
 What the machine runs, such as "linux-x86_64", in 1 to 200 bytes, for a
 paidup_installation; a paidup_client knows it.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_set_platform(paidup_setup *setup, const char *platform);

/*
 What kind of machine it is: "desktop", which keeps its seat until it is deactivated;
 "container" or "ci", whose seats are free when they are not used for one lease. A
 paidup_client looks for itself where this is not set; a paidup_installation is a
 desktop then.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT for another word.
 */
paidup_result paidup_setup_set_class(paidup_setup *setup, const char *class_);

/*
 Takes test licenses instead of real ones: for a test build.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_set_test_mode(paidup_setup *setup);

/*
 Frees a setup; what was opened with it lives on. NULL is allowed, and nothing is done.
 */
void paidup_setup_free(paidup_setup *setup);

#if defined(PAIDUP_CLIENT)
/*
 Opens the client of an app. It reads what is on disk, and needs neither a network nor a
 thread: these are set up at the first contact. Free it with paidup_client_free.

 Returns PAIDUP_OK and sets client. Else sets client to NULL and returns
 PAIDUP_INVALID_ARGUMENT where the setup pins nothing, or an address without https.
 */
paidup_result paidup_client_open(const paidup_setup *setup,
                                 paidup_client **client,
                                 paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 What holds now, from what is in hand. It waits for no network.

 Returns PAIDUP_VALID or PAIDUP_GRACE, under which the app may be used;
 PAIDUP_NO_LICENSE where nobody has entered a key yet; and the other standings of
 paidup_license_standing. Where the token on disk is refused, returns why, as
 paidup_verify does. PAIDUP_INVALID_ARGUMENT for NULL.

 Sets license, where it is not NULL, to a new paidup_license, or to NULL where there is
 none. It is a snapshot: free it, and ask the client again where it matters, since the
 client corrects a clock that is wrong.
 */
paidup_result paidup_client_check(const paidup_client *client, paidup_license **license);
#endif

#if defined(PAIDUP_CLIENT)
/*
 1 if the license is usable now and has this entitlement; else 0, for NULL too. This is
 the everyday question: ask it where it matters, as often as you like.
 */
int paidup_client_allows(const paidup_client *client, const char *entitlement);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Activates this machine with a license key, as it was typed. Waits for the issuer, up
 to half a minute: not on the thread that draws.

 Returns what holds now, as paidup_client_check, and sets error to NULL. Else what held
 before still holds, and it returns PAIDUP_LICENSE_KEY_MALFORMED (nothing was sent),
 PAIDUP_NOT_FOUND, PAIDUP_MACHINE_LIMIT_EXCEEDED (see paidup_error_machines),
 PAIDUP_FINGERPRINT_REQUIRED, PAIDUP_PRODUCT_MISMATCH or PAIDUP_ENVIRONMENT_MISMATCH
 for the key of something else, PAIDUP_RATE_LIMITED, PAIDUP_NETWORK, what
 paidup_verify returns where what came back is refused, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_client_activate(const paidup_client *client,
                                     const char *key,
                                     paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Has the issuer confirm the license now. Waits as paidup_client_activate.

 Returns what holds now, as paidup_client_check, and sets error to NULL. Else what held
 before still holds, and it returns PAIDUP_NO_LICENSE, PAIDUP_RATE_LIMITED,
 PAIDUP_NETWORK, or what paidup_verify returns where what came back is refused.
 */
paidup_result paidup_client_refresh(const paidup_client *client, paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Forgets the license and its key here, and leaves its seat taken.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_client_forget(const paidup_client *client);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Keeps the license fresh from now on, on a thread of the client's own, until
 paidup_client_stop_refreshing or paidup_client_free. Twice is once.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_client_start_refreshing(const paidup_client *client);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Stops what paidup_client_start_refreshing has started.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_client_stop_refreshing(const paidup_client *client);
#endif

#if defined(PAIDUP_CLIENT)
/*
 The next thing that happened, for a program that looks now and then; NULL where there
 is none. Free it with paidup_event_free. Where paidup_setup_on_event was set, that is
 told instead, and this is always NULL.
 */
paidup_event *paidup_client_next_event(const paidup_client *client);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Since when the issuer could not be reached, in Unix seconds; 0 where it can.
 */
int64_t paidup_client_failing_since(const paidup_client *client);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Explains what holds now, as paidup_explain.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_client_explain(const paidup_client *client,
                                    char *buffer,
                                    size_t capacity,
                                    size_t *needed);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Closes a client: waits for its thread, which stops a request that is under way. No
 callback is called any more when this returns. NULL is allowed, and nothing is done.
 */
void paidup_client_free(paidup_client *client);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Which machine this is, as a paidup_client knows it where none is set: for a help desk,
 or "paidup licenses checkout --fingerprint". It is the system's id and the product's
 code, hashed, and means nothing elsewhere. Into the caller's buffer.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT;
 PAIDUP_STORE_UNAVAILABLE where the system has no machine id.
 */
paidup_result paidup_fingerprint(const char *product,
                                 char *buffer,
                                 size_t capacity,
                                 size_t *needed);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Begins to activate this machine with a license key where no network reaches it; or,
 where key is NULL, to renew the license that is here. The text goes to the issuer by
 any way, pasted or as a QR code: "paidup licenses offline" answers it with a license
 file. It holds the license key: keep it like that. Only the latest request is
 answered.

 Writes it into the caller's buffer, which must have PAIDUP_OFFLINE_REQUEST_SIZE bytes:
 with fewer nothing is begun.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_LICENSE_KEY_MALFORMED,
 PAIDUP_NO_LICENSE, PAIDUP_STORE_UNAVAILABLE, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_client_offline_request(const paidup_client *client,
                                            const char *key,
                                            char *buffer,
                                            size_t capacity,
                                            size_t *needed,
                                            paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Takes the response to the latest offline request, or a license file that the vendor
 has made for this machine.

 Returns what holds now, as paidup_client_check. Where the file is refused, what held
 before still holds: PAIDUP_MALFORMED or PAIDUP_TOO_LARGE for what is no license file,
 PAIDUP_NETWORK where it answers another request, and what paidup_verify_file returns.
 */
paidup_result paidup_client_offline_install(const paidup_client *client,
                                            const char *file,
                                            size_t length,
                                            paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Forgets the license and its key here, and makes the receipt that frees its seat when
 it is carried to the issuer. Into a buffer as paidup_client_offline_request: with
 fewer bytes nothing is forgotten.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_NO_LICENSE,
 PAIDUP_STORE_UNAVAILABLE, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_client_offline_deactivation(const paidup_client *client,
                                                 char *buffer,
                                                 size_t capacity,
                                                 size_t *needed,
                                                 paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Where the issuer is, such as "https://licenses.example.com", if not at the address
 that is its name.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_set_url(paidup_setup *setup, const char *url);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Takes an issuer that is not on this machine and has no https. Whoever is on the way
 reads the license keys. Nobody can forge a license all the same.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_danger_allow_http(paidup_setup *setup);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Where the license is kept, in two folders, which are made where they are lacking. They
 should be two: a copy that is put back into one of them then shows. Where this is not
 set they are the user's own folders for application data.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_setup_set_folders(paidup_setup *setup,
                                       const char *state,
                                       const char *witness);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Who is told what happens, on whatever thread it happens: one of the client's own, or
 the one that calls it; two threads may tell at once. context is handed on as it is,
 and must live until paidup_client_free has returned; after that nobody is told
 anything.

 The function must not block, throw, or jump out. In it, what waits for the issuer
 returns PAIDUP_INVALID_ARGUMENT, and no client may be freed. A program with a loop of
 its own does better without: see paidup_client_next_event.

 Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where told is NULL.
 */
paidup_result paidup_setup_on_event(paidup_setup *setup,
                                    paidup_on_event told,
                                    void *context);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Gives this machine's seat back, and forgets the license and its key. Waits as
 paidup_client_activate.

 Returns PAIDUP_OK. Else the license stays as it was, and it returns PAIDUP_NO_LICENSE,
 PAIDUP_RATE_LIMITED, PAIDUP_NETWORK, PAIDUP_NOT_FOUND.
 */
paidup_result paidup_client_deactivate(const paidup_client *client, paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Lists the machines that have a seat of the license; where there is none here yet, of
 the one whose key has just met PAIDUP_MACHINE_LIMIT_EXCEEDED. Waits as
 paidup_client_activate. Free the list with paidup_machines_free.

 Returns PAIDUP_OK and sets machines. Else sets it to NULL and returns
 PAIDUP_NO_LICENSE, PAIDUP_RATE_LIMITED, PAIDUP_NETWORK, PAIDUP_NOT_FOUND.
 */
paidup_result paidup_client_list_machines(const paidup_client *client,
                                          paidup_machines **machines,
                                          paidup_error **error);
#endif

#if defined(PAIDUP_CLIENT)
/*
 Frees the seat of a machine, by the id that paidup_machines_id gives. Waits as
 paidup_client_activate.

 Returns PAIDUP_OK, PAIDUP_NOT_FOUND, PAIDUP_NO_LICENSE, PAIDUP_RATE_LIMITED,
 PAIDUP_NETWORK.
 */
paidup_result paidup_client_free_machine(const paidup_client *client,
                                         const char *machine,
                                         paidup_error **error);
#endif

/*
 "GET", "POST" or "DELETE". Lives as long as the request, as do all its texts. "" for
 NULL.
 */
const char *paidup_request_method(const paidup_request *request);

/*
 What stands behind the issuer's address: "/api/v1/…". "" for NULL.
 */
const char *paidup_request_path(const paidup_request *request);

/*
 The value of the header "authorization". NULL where there is none. A secret.
 */
const char *paidup_request_authorization(const paidup_request *request);

/*
 The body, with the header "content-type: application/json". NULL where there is none.
 A secret.
 */
const char *paidup_request_body(const paidup_request *request);

/*
 Frees a request that is not sent after all. One that was given to
 paidup_installation_receive or paidup_installation_failed is freed by that. NULL is
 allowed, and nothing is done.
 */
void paidup_request_free(paidup_request *request);

/*
 An app as it starts, with what was written down of paidup_unsaved_state and
 paidup_unsaved_witness. Neither has to be there, whole, or ours: NULL and 0 at the
 first start. Free it with paidup_installation_free.

 Returns PAIDUP_OK and sets installation; PAIDUP_INVALID_ARGUMENT where the setup is
 NULL or pins nothing.
 */
paidup_result paidup_installation_load(const paidup_setup *setup,
                                       const char *state,
                                       size_t state_length,
                                       const char *witness,
                                       size_t witness_length,
                                       paidup_installation **installation);

/*
 What holds now, from what is in hand. Returns and sets license as
 paidup_client_check.
 */
paidup_result paidup_installation_check(paidup_installation *installation,
                                        int64_t now,
                                        paidup_license **license);

/*
 1 if the license is usable now and has this entitlement; else 0, for NULL too.
 */
int paidup_installation_allows(paidup_installation *installation,
                               const char *entitlement,
                               int64_t now);

/*
 What there is to do. 0: ask the issuer now, with paidup_installation_refresh. More
 than 0: nothing before so many seconds have passed; a machine may sleep meanwhile, so
 look at the clock every minute. -1: nothing, until somebody enters a license key; for
 NULL too.
 */
int64_t paidup_installation_poll(paidup_installation *installation, int64_t now);

/*
 The next thing that happened; NULL where there is none. Free it with
 paidup_event_free.
 */
paidup_event *paidup_installation_next_event(paidup_installation *installation);

/*
 Since when the issuer could not be reached, in Unix seconds; 0 where it can.
 */
int64_t paidup_installation_failing_since(const paidup_installation *installation);

/*
 Explains what holds now, as paidup_explain.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_explain(const paidup_installation *installation,
                                          int64_t now,
                                          char *buffer,
                                          size_t capacity,
                                          size_t *needed);

/*
 Forgets the license and its key, and leaves its seat taken.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_forget(paidup_installation *installation);

/*
 Frees an installation. NULL is allowed, and nothing is done.
 */
void paidup_installation_free(paidup_installation *installation);

/*
 Begins to activate this machine with a license key, as it was typed. entropy is
 PAIDUP_ENTROPY_SIZE bytes from the system's random numbers, new for each request:
 they are sent, and have to come back signed.

 Returns PAIDUP_OK and sets request to a new paidup_request: send it. Else sets request
 to NULL and returns PAIDUP_LICENSE_KEY_MALFORMED; PAIDUP_INVALID_ARGUMENT, for another
 length too.
 */
paidup_result paidup_installation_activate(paidup_installation *installation,
                                           const char *key,
                                           const uint8_t *entropy,
                                           size_t entropy_length,
                                           paidup_request **request,
                                           paidup_error **error);

/*
 Begins to have the issuer confirm the license. entropy and request as
 paidup_installation_activate.

 Returns PAIDUP_OK, PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_refresh(paidup_installation *installation,
                                          const uint8_t *entropy,
                                          size_t entropy_length,
                                          int64_t now,
                                          paidup_request **request,
                                          paidup_error **error);

/*
 Begins to give this machine's seat back. Where paidup_installation_knows_its_seat is 0,
 the request is for the list of seats: carry it, then call this once more; if the seat
 is still not known, there is none, and paidup_installation_forget is what is left.

 Returns PAIDUP_OK and sets request, PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_deactivate(paidup_installation *installation,
                                             paidup_request **request,
                                             paidup_error **error);

/*
 1 if the seat of this machine is known by its id; else 0.
 */
int paidup_installation_knows_its_seat(const paidup_installation *installation);

/*
 Begins to list the machines that have a seat: paidup_installation_receive gives them.

 Returns PAIDUP_OK and sets request, PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_list_machines(paidup_installation *installation,
                                                paidup_request **request,
                                                paidup_error **error);

/*
 Begins to free the seat of a machine, by the id that paidup_machines_id gives.

 Returns PAIDUP_OK and sets request, PAIDUP_NO_LICENSE, PAIDUP_NOT_FOUND for what can be
 no id, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_free_machine(paidup_installation *installation,
                                               const char *machine,
                                               paidup_request **request,
                                               paidup_error **error);

/*
 Takes the reply to a request: its HTTP status, its body, and the header "retry-after"
 in seconds, or -1 where there is none. The request is freed and set to NULL, whatever
 comes of it; a request that is NULL is refused.

 Of an activation or a refresh, returns what holds now, as
 paidup_installation_check. Of a list, returns PAIDUP_OK and sets machines, where it is
 not NULL, to a new paidup_machines. Of a seat that was freed, returns PAIDUP_OK; where
 it was this machine's, the license is forgotten.

 Else what held before still holds, and it returns what paidup_client_activate does.
 Where paidup_installation_retries_at_once is 1 then, refresh once more, at once.
 */
paidup_result paidup_installation_receive(paidup_installation *installation,
                                          paidup_request **request,
                                          uint16_t status,
                                          const char *body,
                                          size_t length,
                                          int64_t retry_after,
                                          int64_t now,
                                          paidup_machines **machines,
                                          paidup_error **error);

/*
 Says that no reply came to a request, and why: a sentence of the host's, for the
 message. The request is freed and set to NULL.

 Returns PAIDUP_NETWORK, or PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_failed(paidup_installation *installation,
                                         paidup_request **request,
                                         const char *why,
                                         int64_t now,
                                         paidup_error **error);

/*
 1 if a refresh that was refused should be tried once more, at once: with the license
 key this time. Else 0.
 */
int paidup_installation_retries_at_once(const paidup_installation *installation);

/*
 As paidup_client_offline_request; entropy as paidup_installation_activate.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_LICENSE_KEY_MALFORMED,
 PAIDUP_NO_LICENSE, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_offline_request(paidup_installation *installation,
                                                  const char *key,
                                                  const uint8_t *entropy,
                                                  size_t entropy_length,
                                                  char *buffer,
                                                  size_t capacity,
                                                  size_t *needed,
                                                  paidup_error **error);

/*
 As paidup_client_offline_install.
 */
paidup_result paidup_installation_offline_install(paidup_installation *installation,
                                                  const char *file,
                                                  size_t length,
                                                  int64_t now,
                                                  paidup_error **error);

/*
 As paidup_client_offline_deactivation; entropy as paidup_installation_activate.

 Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_NO_LICENSE,
 PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_offline_deactivation(paidup_installation *installation,
                                                       const uint8_t *entropy,
                                                       size_t entropy_length,
                                                       char *buffer,
                                                       size_t capacity,
                                                       size_t *needed,
                                                       paidup_error **error);

/*
 Takes what is to be written down; NULL where there is nothing. Say afterwards how that
 went, with paidup_installation_saved. Free it with paidup_unsaved_free.
 */
paidup_unsaved *paidup_installation_unsaved(paidup_installation *installation);

/*
 Everything, the license key included: a secret, for a file that only its user reads.
 Lives as long as its paidup_unsaved. "" for NULL.
 */
const char *paidup_unsaved_state(const paidup_unsaved *unsaved);

/*
 What a second place remembers, so that putting back an older first one shows. Lives as
 long as its paidup_unsaved. "" for NULL.
 */
const char *paidup_unsaved_witness(const paidup_unsaved *unsaved);

/*
 Wipes and frees. NULL is allowed, and nothing is done.
 */
void paidup_unsaved_free(paidup_unsaved *unsaved);

/*
 Says how the writing went: written is not 0 where both texts are in their places. Where
 they are not, the license works for as long as the program runs, an event says so, and
 there is something to write down again.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_saved(paidup_installation *installation, int written);

/*
 Looks again at what was written down, where another process of the same app may have
 been in contact since. Whoever was later is right. Before a request, and before
 writing.

 Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
 */
paidup_result paidup_installation_reload(paidup_installation *installation,
                                         const char *state,
                                         size_t state_length,
                                         const char *witness,
                                         size_t witness_length);

#ifdef __cplusplus
}
#endif

#endif /* PAIDUP_H */
