//! Texts that go out into memory of the caller's, whole or not at all.

use std::ffi::c_char;
use std::ptr;

use sdk::Code;
use serde::Serialize;

use crate::handle;
use crate::result::paidup_result;

/// Memory of the caller's.
pub(crate) struct Buffer {
    data: *mut c_char,
    capacity: usize,
    needed: *mut usize,
}

impl Buffer {
    /// # Safety
    ///
    /// `data` is to `capacity` bytes that may be written, or NULL where that is 0.
    /// `needed` is NULL, or to where a size may be written.
    pub(crate) unsafe fn new(
        data: *mut c_char,
        capacity: usize,
        needed: *mut usize,
    ) -> Result<Self, paidup_result> {
        if data.is_null() && capacity != 0 {
            return Err(paidup_result::INVALID_ARGUMENT);
        }
        Ok(Self {
            data,
            capacity,
            needed,
        })
    }

    /// Refuses, before anything is done, where there is no room for so many bytes, the
    /// NUL included.
    pub(crate) fn room_for(&self, bytes: usize) -> Result<(), paidup_result> {
        // SAFETY: as was promised when it was made.
        unsafe { handle::put(self.needed, bytes) };
        if self.capacity >= bytes {
            return Ok(());
        }
        if self.capacity > 0 {
            // Whoever does not look at the result reads nothing, rather than anything.
            // SAFETY: there is room for one byte.
            unsafe { self.data.write(0) };
        }
        Err(Code::BufferTooSmall.into())
    }

    /// Writes it as JSON and a NUL.
    pub(crate) fn write_json(
        &self,
        value: &impl Serialize,
    ) -> Result<paidup_result, paidup_result> {
        let json = serde_json::to_string(value);
        self.write(&json.map_err(|_| paidup_result::INTERNAL)?)
    }

    /// Writes the text and a NUL.
    pub(crate) fn write(&self, text: &str) -> Result<paidup_result, paidup_result> {
        self.room_for(text.len().saturating_add(1))?;
        // SAFETY: there is room for the text and the NUL, and it is the caller's, so
        // that no text of ours lies in it.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), self.data.cast(), text.len());
            self.data.add(text.len()).write(0);
        }
        Ok(paidup_result::OK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(capacity: usize) -> (Result<paidup_result, paidup_result>, [u8; 5], usize) {
        let (mut bytes, mut needed) = ([b'#'; 5], 0);
        // SAFETY: the capacities below are at most that of the array.
        let buffer =
            unsafe { Buffer::new(bytes.as_mut_ptr().cast(), capacity, &raw mut needed) }.unwrap();
        let written = buffer.write("abc");
        (written, bytes, needed)
    }

    #[test]
    fn a_text_is_written_whole_or_not_at_all() {
        let too_small = Err(Code::BufferTooSmall.into());
        assert_eq!(write(5), (Ok(paidup_result::OK), *b"abc\0#", 4));
        assert_eq!(write(4), (Ok(paidup_result::OK), *b"abc\0#", 4));
        assert_eq!(write(3), (too_small, *b"\0####", 4));
        assert_eq!(write(0), (too_small, *b"#####", 4));
    }

    #[test]
    fn no_memory_has_no_capacity() {
        // SAFETY: NULL is not followed.
        unsafe {
            assert!(Buffer::new(ptr::null_mut(), 1, ptr::null_mut()).is_err());
            let query = Buffer::new(ptr::null_mut(), 0, ptr::null_mut()).unwrap();
            assert_eq!(query.write(""), Err(Code::BufferTooSmall.into()));
        }
    }
}
