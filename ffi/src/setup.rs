//! What an app is built with, for both ways of keeping a license: the client, and the
//! installation that the host drives.

use std::ffi::c_char;
#[cfg(feature = "client")]
use std::ffi::c_void;
use std::ptr;

use sdk::{Device, MachineClass, PublicKey, Setup};

#[cfg(feature = "client")]
use crate::event::paidup_event;
use crate::result::paidup_result;
use crate::{boundary, handle, text};

/// What a machine is called, and what it runs, has at most so many bytes.
const MOST_NAME: usize = 200;

/// Who is told what happens. The event lives until the function returns.
#[cfg(feature = "client")]
pub type paidup_on_event =
    Option<unsafe extern "C" fn(context: *mut c_void, event: *const paidup_event)>;

/// What an app is built with: whom it trusts, what it is, and on which machine it runs.
///
/// Build it on one thread, open a paidup_client with it or load a paidup_installation,
/// and free it: both keep what they need of it.
pub struct paidup_setup {
    pub(crate) issuer: String,
    pub(crate) product: String,
    pub(crate) roots: Vec<PublicKey>,
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) min_version: u64,
    pub(crate) fingerprint: Option<String>,
    pub(crate) device_name: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) class: Option<MachineClass>,
    pub(crate) test: bool,
    #[cfg(feature = "client")]
    pub(crate) client: crate::client::Options,
}

/// A setup for one product of one issuer: what tokens carry, byte by byte. It trusts
/// nobody yet: pin a root. Free it with paidup_setup_free.
///
/// Returns NULL where one of them is NULL, empty or no UTF-8, has control characters, or
/// is longer than tokens have it: 512 bytes and 128.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_new(
    issuer: *const c_char,
    product: *const c_char,
) -> *mut paidup_setup {
    boundary::value(ptr::null_mut(), || {
        // SAFETY: as the header asks.
        let issuer = unsafe { text::name(issuer, text::MOST_ISSUER) }.ok()?;
        // SAFETY: as the header asks.
        let product = unsafe { text::name(product, text::MOST_PRODUCT) }.ok()?;
        Some(handle::new(paidup_setup {
            issuer: issuer.into(),
            product: product.into(),
            roots: Vec::new(),
            keys: Vec::new(),
            min_version: 0,
            fingerprint: None,
            device_name: None,
            platform: None,
            class: None,
            test: false,
            #[cfg(feature = "client")]
            client: crate::client::Options::default(),
        }))
    })
}

/// Pins a root: 43 characters of base64url, as "paidup keys export" prints them. A second
/// one is for the day on which the first is lost.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_add_root(
    setup: *mut paidup_setup,
    x: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        setup.roots.push(unsafe { text::public_key(x) }?);
        Ok(())
    })
}

/// Pins a signing key directly: for an issuer that has no root.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT where this is no public key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_add_key(
    setup: *mut paidup_setup,
    x: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        setup.keys.push(unsafe { text::public_key(x) }?);
        Ok(())
    })
}

/// The lowest version of a keyset that is taken: for an app that is released after a
/// theft of keys.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_min_version(
    setup: *mut paidup_setup,
    version: u64,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        unsafe { handle::exclusive(setup) }?.min_version = version;
        Ok(())
    })
}

/// Which machine this is, in 1 to 256 bytes. A paidup_client asks the system where this
/// is not set; a paidup_installation knows no machine then, and only licenses that are
/// not bound to one work.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_fingerprint(
    setup: *mut paidup_setup,
    fingerprint: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        let fingerprint = unsafe { text::name(fingerprint, text::MOST_FINGERPRINT) }?;
        setup.fingerprint = Some(fingerprint.into());
        Ok(())
    })
}

/// What the machine is called where seats are listed, in 1 to 200 bytes. A paidup_client
/// takes its host name where this is not set.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_device_name(
    setup: *mut paidup_setup,
    name: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        setup.device_name = Some(unsafe { text::name(name, MOST_NAME) }?.into());
        Ok(())
    })
}

/// What the machine runs, such as "linux-x86_64", in 1 to 200 bytes, for a
/// paidup_installation; a paidup_client knows it.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_platform(
    setup: *mut paidup_setup,
    platform: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        setup.platform = Some(unsafe { text::name(platform, MOST_NAME) }?.into());
        Ok(())
    })
}

/// What kind of machine it is: "desktop", which keeps its seat until it is deactivated;
/// "container" or "ci", whose seats are free when they are not used for one lease. A
/// paidup_client looks for itself where this is not set; a paidup_installation is a
/// desktop then.
///
/// Returns PAIDUP_OK; PAIDUP_INVALID_ARGUMENT for another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_class(
    setup: *mut paidup_setup,
    class: *const c_char,
) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        let setup = unsafe { handle::exclusive(setup) }?;
        // SAFETY: as the header asks.
        let class = unsafe { text::terminated(class) }?;
        let class = class.parse();
        setup.class = Some(class.map_err(|_| paidup_result::INVALID_ARGUMENT)?);
        Ok(())
    })
}

/// Takes test licenses instead of real ones: for a test build.
///
/// Returns PAIDUP_OK, PAIDUP_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_set_test_mode(setup: *mut paidup_setup) -> paidup_result {
    change(|| {
        // SAFETY: as the header asks.
        unsafe { handle::exclusive(setup) }?.test = true;
        Ok(())
    })
}

/// Frees a setup; what was opened with it lives on. NULL is allowed, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn paidup_setup_free(setup: *mut paidup_setup) {
    // SAFETY: as the header asks.
    unsafe { boundary::free(setup) }
}

impl paidup_setup {
    /// For an installation, which asks no system.
    pub(crate) fn of_installation(&self) -> Setup {
        let mut device = Device::default();
        device.name.clone_from(&self.device_name);
        device.platform.clone_from(&self.platform);
        device.class = self.class.unwrap_or_default();
        let mut setup = Setup::new(self.issuer.as_str(), self.product.as_str())
            .min_version(self.min_version)
            .device(device);
        for root in &self.roots {
            setup = setup.root(root.clone());
        }
        for key in &self.keys {
            setup = setup.key(key.clone());
        }
        if let Some(fingerprint) = &self.fingerprint {
            setup = setup.fingerprint(fingerprint.as_str());
        }
        if self.test { setup.test_mode() } else { setup }
    }
}

/// A change of a handle, which answers no more than that it was made.
pub(crate) fn change(body: impl FnOnce() -> Result<(), paidup_result>) -> paidup_result {
    boundary::result(|| body().map(|()| paidup_result::OK))
}
