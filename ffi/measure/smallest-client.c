/* The least that an app does with a client: for its size. */
#include <paidup.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    paidup_setup *setup = paidup_setup_new("https://licenses.example.com", "notes");
    paidup_client *client = NULL;
    int allowed;

    paidup_setup_add_root(setup, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    if (paidup_client_open(setup, &client, NULL) != PAIDUP_OK)
        return 2;
    paidup_setup_free(setup);
    paidup_client_start_refreshing(client);
    if (argc == 2)
        puts(paidup_result_name(paidup_client_activate(client, argv[1], NULL)));
    allowed = paidup_client_allows(client, "export");
    paidup_client_free(client);
    return !allowed;
}
