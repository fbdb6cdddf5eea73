/*
 * The app's license: the one file that knows libpaidup.
 *
 * Each function that returns int returns 0 where it has done what was asked, and else 1,
 * after it has said on the screen what was wrong and what to do.
 */
#ifndef LICENSE_H
#define LICENSE_H

int license_open(void);
void license_close(void);

/* 1 if the license is usable and has this entitlement, else 0. */
int license_allows(const char *entitlement);

int license_show(void);
/* Where every seat is taken, takes that of the machine "instead_of", if it is not NULL. */
int license_activate(const char *key, const char *instead_of);
int license_refresh(void);
int license_machines(void);
int license_free_machine(const char *machine);
int license_deactivate(void);

/* For a machine without a network. key may be NULL, to renew what is here. */
int license_request(const char *key);
int license_install(const char *path);

#endif
