//! PINs: what people type to sign, kept only as an Argon2id hash.
//!
//! A PIN of four digits is no secret against somebody who holds the hash and time; it keeps one colleague from signing
//! as another at the desk. The parameters make one guess cost a tablet some 50 ms and 19 MiB, no more: signing in must
//! stay quick on the slowest device that has to check it with no network.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::words;
use crate::words::Words;

/// The most a stored hash may ask of the device that checks it, in KiB and passes. A hash comes from a merged record, so
/// it must not be able to make a tablet run out of memory at sign-in.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
const MOST_PASSES: u32 = 8;
const MOST_LANES: u32 = 4;

/// Why a PIN cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Not 4–8 digits.
    #[error("a PIN has 4 to 8 digits and nothing else")]
    Form,
    /// `0000`, `1234`, `8765`.
    #[error("a PIN of one digit repeated, or of digits in a row, is guessed at once; choose another")]
    TooEasy,
    /// The hash function refused.
    #[error("the PIN could not be hashed; this is an error of the program")]
    Hash,
}

impl PinError {
    /// What the person reads.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Form => words!("密码(PIN)须为 4–8 位数字。", "A PIN has 4 to 8 digits."),
            Self::TooEasy => words!(
                "密码太简单(同一数字重复或顺序数字),请换一个。",
                "This PIN is too easy (one digit repeated, or digits in a row); choose another."
            ),
            Self::Hash => {
                words!("密码未能保存,这是程序错误。", "The PIN could not be stored; an error of the program.")
            }
        }
    }
}

/// Whether a PIN may be used.
///
/// # Errors
/// [`PinError::Form`] or [`PinError::TooEasy`].
pub fn check(pin: &str) -> Result<(), PinError> {
    let digits = pin.as_bytes();
    if !(4..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(PinError::Form);
    }
    // One step that is the same all the way: 0 is 0000, 1 is 1234 and 8901, 9 is 4321 and 1098.
    let step = |pair: &[u8]| (10 + pair[1] - pair[0]) % 10;
    let first = step(&digits[..2]);
    if matches!(first, 0 | 1 | 9) && digits.windows(2).all(|pair| step(pair) == first) {
        return Err(PinError::TooEasy);
    }
    Ok(())
}

/// Whether `text` is a hash of ours rather than a PIN.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok_and(|hash| bearable(&hash))
}

/// Hashes a PIN, in PHC form (`$argon2id$v=19$m=19456,t=2,p=1$…`).
///
/// # Errors
/// What [`check`] says, and [`PinError::Hash`].
pub fn hash(pin: &str, salt: &[u8; 16]) -> Result<String, PinError> {
    check(pin)?;
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| PinError::Hash)?;
    let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(pin.as_bytes(), salt)
        .map_err(|_| PinError::Hash)?;
    Ok(hash.to_string())
}

/// Whether `pin` is the one that was hashed. A hash that is empty, does not read or asks too much fits no PIN.
#[must_use]
pub fn verify(pin: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| {
        bearable(&hash)
            // The parameters come from the hash; these are only the default the verifier starts from.
            && Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok()
    })
}

fn bearable(hash: &PasswordHash) -> bool {
    Params::try_from(hash).is_ok_and(|params| {
        params.m_cost() <= MOST_MEMORY_KIB && params.t_cost() <= MOST_PASSES && params.p_cost() <= MOST_LANES
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_4_to_8_digits_that_are_not_too_easy() {
        for (pin, expected) in [
            ("2580", Ok(())),
            ("1357", Ok(())),
            ("13572468", Ok(())),
            ("1123", Ok(())),
            ("", Err(PinError::Form)),
            ("258", Err(PinError::Form)),
            ("135724680", Err(PinError::Form)),
            ("25a0", Err(PinError::Form)),
            ("258 0", Err(PinError::Form)),
            ("２５８０", Err(PinError::Form)),
            ("-258", Err(PinError::Form)),
            ("0000", Err(PinError::TooEasy)),
            ("99999999", Err(PinError::TooEasy)),
            ("1234", Err(PinError::TooEasy)),
            ("0123", Err(PinError::TooEasy)),
            ("7890", Err(PinError::TooEasy)),
            ("4321", Err(PinError::TooEasy)),
            ("87654321", Err(PinError::TooEasy)),
        ] {
            assert_eq!(check(pin), expected, "{pin:?}");
        }
    }

    #[test]
    fn a_hash_fits_its_pin_only() {
        let phc = hash("2580", &[7; 16]).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(is_hash(&phc));
        assert!(verify("2580", &phc));
        assert!(!verify("2581", &phc));
        assert_ne!(phc, hash("2580", &[8; 16]).unwrap());
        assert_eq!(hash("1234", &[7; 16]), Err(PinError::TooEasy));
    }

    #[test]
    fn a_hash_that_does_not_read_or_asks_too_much_fits_nothing() {
        let greedy = hash("2580", &[7; 16]).unwrap().replace("m=19456", "m=4000000");
        for phc in ["", "2580", "$argon2id$", "$argon2id$v=19$m=1,t=1,p=1$", &greedy] {
            assert!(!verify("2580", phc), "{phc}");
            assert!(!is_hash(phc), "{phc}");
        }
    }
}
