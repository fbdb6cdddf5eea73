//! Two check symbols: a Reed–Solomon code over GF(32), bound to the prefix.
//!
//! The 25 symbols, each an element of GF(2)\[x\]/(x⁵ + x² + 1) with α = x, are
//! the coefficients of a polynomial, first symbol highest. Before the prefix is
//! mixed in, that polynomial is a multiple of (X − 1)(X − α). Such a code has a
//! distance of three, so any two wrong symbols make another polynomial that is no
//! multiple.
//!
//! The prefix turns both check symbols by a number below 1021, which leaves the
//! distance as it is. Within a prefix, one wrong symbol or two swapped
//! neighbors always change that number.

/// The check symbols of these values, each below 32.
pub(super) fn of(folded_prefix: impl Iterator<Item = u8>, values: &[u8]) -> [u8; 2] {
    let [high, low] = values.iter().fold([0, 0], |[high, low], value| {
        let carry = value ^ high;
        [low ^ times_alpha(carry) ^ carry, times_alpha(carry)]
    });
    let [prefix_high, prefix_low] = prefix_number(folded_prefix);
    [high ^ prefix_high, low ^ prefix_low]
}

/// The prefix as digits 1 to 36 of a number in base 37, modulo the prime 1021,
/// in two halves of five bits.
fn prefix_number(prefix: impl Iterator<Item = u8>) -> [u8; 2] {
    let number = prefix.fold(0_u16, |number, symbol| {
        let digit = match symbol {
            b'0'..=b'9' => symbol - b'0' + 1,
            _ => symbol.saturating_sub(b'A') + 11,
        };
        (number * 37 + u16::from(digit)) % 1021
    });
    let [high, low] = (number << 3).to_be_bytes();
    [high, low >> 3]
}

fn times_alpha(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 32 == 0 {
        doubled
    } else {
        doubled ^ 0b10_0101
    }
}
