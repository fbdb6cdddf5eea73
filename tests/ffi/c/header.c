/* The header by itself, twice. */
#include <paidup.h>
#include <paidup.h>

int main(void);

int main(void)
{
    return paidup_result_usable(PAIDUP_VALID) == 1 && paidup_version() != NULL ? 0 : 1;
}
