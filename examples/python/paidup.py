"""libpaidup for Python, by ctypes: no compiler, and nothing to install but the library.

Put this one file into your program. What it does not have yet is a line for each function
of paidup.h.
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

NAMES = {"win32": "paidup.dll", "darwin": "libpaidup.dylib"}


def _load(path=None):
    lib = ctypes.CDLL(path or NAMES.get(sys.platform, "libpaidup.so.0.1"))
    text, handle, code = c_char_p, c_void_p, c_int32
    errors = POINTER(c_void_p)
    signatures = {
        "result_name": (text, code),
        "result_meaning": (text, code),
        "result_next_step": (text, code),
        "result_usable": (c_int, code),
        "error_message": (text, handle),
        "error_next_step": (text, handle),
        "error_machines": (handle, handle),
        "error_free": (None, handle),
        "machines_count": (c_size_t, handle),
        "machines_id": (text, handle, c_size_t),
        "machines_name": (text, handle, c_size_t),
        "machines_is_this": (c_int, handle, c_size_t),
        "machines_free": (None, handle),
        "setup_new": (handle, text, text),
        "setup_add_root": (code, handle, text),
        "setup_add_key": (code, handle, text),
        "setup_set_test_mode": (code, handle),
        "setup_set_folders": (code, handle, text, text),
        "setup_free": (None, handle),
        "client_open": (code, handle, POINTER(c_void_p), errors),
        "client_check": (code, handle, POINTER(c_void_p)),
        "client_allows": (c_int, handle, text),
        "client_activate": (code, handle, text, errors),
        "client_refresh": (code, handle, errors),
        "client_deactivate": (code, handle, errors),
        "client_list_machines": (code, handle, POINTER(c_void_p), errors),
        "client_free_machine": (code, handle, text, errors),
        "client_start_refreshing": (code, handle),
        "client_next_event": (handle, handle),
        "client_free": (None, handle),
        "event_kind": (text, handle),
        "event_free": (None, handle),
        "license_policy_name": (text, handle),
        "license_entitlement_count": (c_size_t, handle),
        "license_entitlement": (text, handle, c_size_t),
        "license_lease_ends_at": (c_int64, handle),
        "license_grace_ends_at": (c_int64, handle),
        "license_free": (None, handle),
    }
    for name, (result, *arguments) in signatures.items():
        function = getattr(lib, "paidup_" + name)
        function.restype, function.argtypes = result, arguments
    return lib


class Error(Exception):
    """Why something was not done: a sentence for the user, and the way out."""

    def __init__(self, code, message, next_step, machines):
        super().__init__(message)
        self.code, self.next_step, self.machines = code, next_step, machines


class Answer:
    """What holds now. It is true if the app may be used."""

    def __init__(self, lib, number, license):
        self.code = lib.paidup_result_name(number).decode()
        self.meaning = lib.paidup_result_meaning(number).decode()
        self.next_step = lib.paidup_result_next_step(number).decode()
        self._usable = bool(lib.paidup_result_usable(number))
        self.policy, self.entitlements, self.grace_ends_at = None, [], None
        if license:
            count = lib.paidup_license_entitlement_count(license)
            self.policy = lib.paidup_license_policy_name(license).decode()
            self.entitlements = [
                lib.paidup_license_entitlement(license, n).decode() for n in range(count)
            ]
            self.lease_ends_at = lib.paidup_license_lease_ends_at(license)
            self.grace_ends_at = lib.paidup_license_grace_ends_at(license) or None

    def __bool__(self):
        return self._usable


class Client:
    """An app's license, kept fresh. Any thread may use it; close it at the end."""

    def __init__(self, issuer, product, roots=(), keys=(), test=False, folders=None, library=None):
        self._lib = lib = _load(library)
        self._client = c_void_p()
        setup = lib.paidup_setup_new(issuer.encode(), product.encode())
        try:
            for root in roots:
                self._must(lib.paidup_setup_add_root(setup, root.encode()))
            for key in keys:
                self._must(lib.paidup_setup_add_key(setup, key.encode()))
            if test:
                self._must(lib.paidup_setup_set_test_mode(setup))
            if folders:
                self._must(lib.paidup_setup_set_folders(setup, *(it.encode() for it in folders)))
            self._call(lib.paidup_client_open, setup, byref(self._client))
        finally:
            lib.paidup_setup_free(setup)

    def close(self):
        """Waits until nothing is under way any more."""
        client, self._client = self._client, c_void_p()
        self._lib.paidup_client_free(client)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def check(self):
        """What holds now. It waits for no network."""
        license = c_void_p()
        number = self._lib.paidup_client_check(self._client, byref(license))
        try:
            return Answer(self._lib, number, license)
        finally:
            self._lib.paidup_license_free(license)

    def allows(self, entitlement):
        """Whether the license is usable now and has this entitlement."""
        return bool(self._lib.paidup_client_allows(self._client, entitlement.encode()))

    def start_refreshing(self):
        """Keeps the license fresh from now on, in the background."""
        self._lib.paidup_client_start_refreshing(self._client)

    def activate(self, key):
        """Activates this machine with a license key, as it was typed."""
        self._call(self._lib.paidup_client_activate, self._client, key.encode())
        return self.check()

    def events(self):
        """What happened since this was last asked, in words such as "notStored"."""
        kinds = []
        while event := self._lib.paidup_client_next_event(self._client):
            kinds.append(self._lib.paidup_event_kind(event).decode())
            self._lib.paidup_event_free(event)
        return kinds

    def refresh(self):
        """Has the issuer confirm the license now."""
        self._call(self._lib.paidup_client_refresh, self._client)
        return self.check()

    def deactivate(self):
        """Gives this machine's seat back."""
        self._call(self._lib.paidup_client_deactivate, self._client)

    def machines(self):
        """The machines that have a seat: pairs of an id and a name."""
        machines = c_void_p()
        self._call(self._lib.paidup_client_list_machines, self._client, byref(machines))
        try:
            return self._list(machines)
        finally:
            self._lib.paidup_machines_free(machines)

    def free_machine(self, machine):
        """Frees the seat of a machine, by its id."""
        self._call(self._lib.paidup_client_free_machine, self._client, machine.encode())

    def _list(self, machines):
        lib, count = self._lib, self._lib.paidup_machines_count(machines)
        name = lambda n: (lib.paidup_machines_name(machines, n) or b"?").decode()
        return [(lib.paidup_machines_id(machines, n).decode(), name(n)) for n in range(count)]

    def _must(self, number):
        if number != 0:
            raise ValueError(self._lib.paidup_result_meaning(number).decode())

    def _call(self, function, *arguments):
        lib, error = self._lib, c_void_p()
        number = function(*arguments, byref(error))
        if not error:
            return
        try:
            raise Error(
                lib.paidup_result_name(number).decode(),
                lib.paidup_error_message(error).decode(),
                lib.paidup_error_next_step(error).decode(),
                self._list(lib.paidup_error_machines(error)),
            )
        finally:
            lib.paidup_error_free(error)
