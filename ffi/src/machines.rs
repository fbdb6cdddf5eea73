//! The seats of a license: who has one, and which one could be freed.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

use sdk::MachineInfo;

use crate::buffer::Buffer;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// The machines that have a seat of a license, numbered from 0. Never changes.
pub struct paidup_machines {
    infos: Vec<MachineInfo>,
    texts: Vec<Texts>,
}

struct Texts {
    id: CString,
    name: Option<CString>,
    platform: Option<CString>,
    last_seen_at: Option<CString>,
}

impl From<Vec<MachineInfo>> for paidup_machines {
    fn from(infos: Vec<MachineInfo>) -> Self {
        let optional = |it: &Option<String>| it.as_deref().map(text::owned);
        let texts = |it: &MachineInfo| Texts {
            id: text::owned(&it.id),
            name: optional(&it.name),
            platform: optional(&it.platform),
            last_seen_at: optional(&it.last_seen_at),
        };
        let texts = infos.iter().map(texts).collect();
        Self { infos, texts }
    }
}

/// How many there are. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_count(machines: *const paidup_machines) -> usize {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let machines = unsafe { handle::shared(machines) }.ok()?;
        Some(machines.texts.len())
    })
}

/// The machine's id, such as "mac_01J…": what paidup_client_free_machine and
/// paidup_installation_free_machine take. Lives as long as the list. NULL where there
/// is no machine of this number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_id(
    machines: *const paidup_machines,
    index: usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(machines, index, |it| Some(&it.id)) }
}

/// What its user calls it. Lives as long as the list. NULL where it has no name, or
/// there is no such machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_name(
    machines: *const paidup_machines,
    index: usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(machines, index, |it| it.name.as_deref()) }
}

/// What it runs, such as "linux-x86_64". As paidup_machines_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_platform(
    machines: *const paidup_machines,
    index: usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(machines, index, |it| it.platform.as_deref()) }
}

/// When it was last heard of, as ISO 8601. As paidup_machines_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_last_seen_at(
    machines: *const paidup_machines,
    index: usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { field(machines, index, |it| it.last_seen_at.as_deref()) }
}

/// 1 if it is this very machine; else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_is_this(
    machines: *const paidup_machines,
    index: usize,
) -> c_int {
    boundary::value(0, || {
        // SAFETY: as the header asks.
        let machines = unsafe { handle::shared(machines) }.ok()?;
        Some(c_int::from(machines.infos.get(index)?.this_machine))
    })
}

/// The list as JSON, into the caller's buffer: an array of objects with id, name,
/// platform, lastSeenAt, thisMachine.
///
/// Returns PAIDUP_OK, PAIDUP_BUFFER_TOO_SMALL, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_json(
    machines: *const paidup_machines,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> paidup_result {
    boundary::result(|| {
        // SAFETY: as the header asks.
        let buffer = unsafe { Buffer::new(buffer, capacity, needed) }?;
        // SAFETY: as the header asks.
        let machines = unsafe { handle::shared(machines) }?;
        buffer.write_json(&machines.infos)
    })
}

/// Frees a list, but not one that belongs to a paidup_error. NULL is allowed, and
/// nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_machines_free(machines: *mut paidup_machines) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(machines) }
}

/// # Safety
///
/// As [`handle::shared`].
unsafe fn field(
    machines: *const paidup_machines,
    index: usize,
    field: impl FnOnce(&Texts) -> Option<&CStr>,
) -> *const c_char {
    boundary::value(ptr::null(), || {
        // SAFETY: as the caller promises.
        let machines = unsafe { handle::shared(machines) }.ok()?;
        field(machines.texts.get(index)?).map(CStr::as_ptr)
    })
}
