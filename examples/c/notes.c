/*
 * Acme Notes for the command line. Notes are free; exporting them is paid for.
 *
 *   cc -std=c99 -o notes notes.c license.c $(pkg-config --cflags --libs paidup)
 *
 * vendor.h says whose app it is. To try it with an issuer of your own, in test mode:
 *
 *   cc … -DACME_ISSUER='"http://127.0.0.1:8787"' -DACME_ROOT='"…"' -DACME_TEST=1
 *
 * Where the library was installed under a prefix of its own, PKG_CONFIG_PATH names its
 * lib/pkgconfig and LD_LIBRARY_PATH its lib.
 */
#include "license.h"

#include <stdio.h>
#include <string.h>

#define NOTES "notes.txt"

static int add(const char *note)
{
    FILE *file = fopen(NOTES, "a");
    int written;

    if (file == NULL) {
        perror(NOTES);
        return 1;
    }
    written = fprintf(file, "%s\n", note) >= 0;
    if (fclose(file) != 0 || !written) {
        fputs("The note could not be written.\n", stderr);
        return 1;
    }
    return 0;
}

static int list(FILE *out)
{
    char line[1024];
    FILE *file = fopen(NOTES, "r");

    if (file == NULL) {
        puts("No notes yet. Write one, that is free: notes add TEXT");
        return 0;
    }
    while (fgets(line, sizeof line, file) != NULL)
        fputs(line, out);
    fclose(file);
    return 0;
}

/* The paid part: it asks once, where it matters. */
static int export(const char *path)
{
    FILE *file;

    if (!license_allows("export")) {
        puts("Exporting is part of a paid plan.");
        license_show();
        return 1;
    }
    file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    fputs("Acme Notes\n==========\n", file);
    list(file);
    if (fclose(file) != 0) {
        perror(path);
        return 1;
    }
    printf("%s is written.\n", path);
    return 0;
}

static int usage(void)
{
    fputs("usage: notes add TEXT | list | export FILE\n"
          "       notes license              what your license is\n"
          "       notes activate KEY         on this machine\n"
          "       notes activate KEY MACHINE instead of that one\n"
          "       notes refresh              ask the license server now\n"
          "       notes machines             who has a seat\n"
          "       notes free MACHINE         free a seat\n"
          "       notes deactivate           give this machine's seat back\n"
          "       notes request [KEY]        no network here: make a request to carry\n"
          "       notes install FILE         and take what comes back\n",
          stderr);
    return 2;
}

static int run(const char *verb, const char *what, const char *which)
{
    if (strcmp(verb, "list") == 0)
        return list(stdout);
    if (strcmp(verb, "license") == 0)
        return license_show();
    if (strcmp(verb, "refresh") == 0)
        return license_refresh();
    if (strcmp(verb, "machines") == 0)
        return license_machines();
    if (strcmp(verb, "deactivate") == 0)
        return license_deactivate();
    if (strcmp(verb, "request") == 0)
        return license_request(what);
    if (what == NULL)
        return usage();
    if (strcmp(verb, "add") == 0)
        return add(what);
    if (strcmp(verb, "export") == 0)
        return export(what);
    if (strcmp(verb, "activate") == 0)
        return license_activate(what, which);
    if (strcmp(verb, "free") == 0)
        return license_free_machine(what);
    if (strcmp(verb, "install") == 0)
        return license_install(what);
    return usage();
}

int main(int argc, char **argv)
{
    int status;

    if (argc < 2 || argc > 4)
        return usage();
    if (license_open() != 0)
        return 1;
    status = run(argv[1], argc > 2 ? argv[2] : NULL, argc > 3 ? argv[3] : NULL);
    license_close();
    return status;
}
