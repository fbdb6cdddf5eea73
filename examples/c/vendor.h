/* What "paidup keys export" prints, as constants of the app. */
#ifndef VENDOR_H
#define VENDOR_H

#ifndef ACME_ISSUER
#define ACME_ISSUER "https://licenses.example.com"
#define ACME_ROOT "1-1KDvGaI4OlzbxBVx_o2jRt-IjHZr8sWPTon7PNJlY"
#endif

/* 1 in a build that is tried out with licenses that nobody has paid for. */
#ifndef ACME_TEST
#define ACME_TEST 0
#endif

/* ACME_FOLDER is where the license is kept, if not in the user's own folder for
   application data. */

#endif
