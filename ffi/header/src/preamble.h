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
