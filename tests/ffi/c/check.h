/* CHECK: what does not hold is printed, and the program fails. */
#ifndef CHECK_H
#define CHECK_H

#include <paidup.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static int checks;

#define CHECK(it) \
    (checks++, (it) ? (void)0 : (void)(failures++, printf("%s:%d: %s\n", __FILE__, __LINE__, #it)))

static int checked(void)
{
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}

#endif
