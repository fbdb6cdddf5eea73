/* Debian's wine lacks this library of Windows 8 and later, from which Rust's standard
   library draws random numbers. It hands on to the older function that wine has. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE at, SIZE_T count) {
    return SystemFunction036(at, (ULONG)count);
}
