//! Time-based one-time codes (RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits) and recovery codes.

use crate::door::hash;
use crate::problem::Problem;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use ringback_model::WallTime;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The length of a step, in seconds.
const STEP_S: u64 = 30;
/// How many steps a clock may be off, to either side.
const WINDOW: u64 = 1;
/// How many recovery codes a person gets.
const RECOVERY_CODES: usize = 10;
/// The bytes of a key (RFC 4226: as long as the hash).
const KEY_BYTES: usize = 20;

/// A new key.
pub(crate) fn new_key() -> Result<Vec<u8>, Problem> {
    random(KEY_BYTES)
}

fn random(length: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = vec![0; length];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Problem::broken("the system gave no random bytes"))?;
    Ok(bytes)
}

/// The six digits of a step.
fn code(key: &[u8], step: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0xf);
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[offset..offset + 4]);
    (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
}

/// The step a code belongs to, if it is one of now or of a moment ago or ahead.
pub(crate) fn step_of(key: &[u8], text: &str, now: WallTime) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let wanted: u32 = digits.parse().ok()?;
    let present = u64::try_from(now.0).ok()? / 1_000 / STEP_S;
    let steps = present.saturating_sub(WINDOW)..=present + WINDOW;
    // All are looked at, whichever fits.
    let mut found = None;
    for step in steps {
        if code(key, step) == wanted {
            found = Some(step);
        }
    }
    found
}

/// What an authenticator reads from a picture or takes by hand.
pub(crate) fn uri(key: &[u8], tenant: &str, person: &str) -> String {
    let secret = base32(key);
    let (tenant, person) = (escaped(tenant), escaped(person));
    format!(
        "otpauth://totp/Ringback%20{tenant}:{person}?secret={secret}&issuer=Ringback%20{tenant}"
    )
}

/// Percent-encoded, as in an address.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// RFC 4648, without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut word = [0; 8];
        word[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(word);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let index = (bits >> (35 - 5 * place)) & 31;
            text.push(char::from(LETTERS[index as usize]));
        }
    }
    text
}

/// New recovery codes: as shown once, and as kept.
pub(crate) fn new_recovery() -> Result<(Vec<String>, BTreeSet<String>), Problem> {
    let mut shown = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let text = base32(&random(10)?).to_lowercase();
        shown.push(format!(
            "{}-{}-{}-{}",
            &text[..4],
            &text[4..8],
            &text[8..12],
            &text[12..]
        ));
    }
    let kept = shown.iter().map(|code| recovery_hash(code)).collect();
    Ok((shown, kept))
}

/// What is kept of a recovery code; 80 random bits need no slower hash.
pub(crate) fn recovery_hash(text: &str) -> String {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    hash(&format!("recovery {}", plain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1, cut to six digits.
        for (seconds, expected) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(code(KEY, seconds / STEP_S), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_to_either_side() {
        let at = |seconds: i64| WallTime(seconds * 1_000);
        let text = "287082";
        assert_eq!(step_of(KEY, text, at(59)), Some(1));
        assert_eq!(step_of(KEY, "287 082", at(89)), Some(1));
        assert_eq!(step_of(KEY, text, at(20)), Some(1));
        assert_eq!(step_of(KEY, text, at(90)), None);
        for wrong in ["", "28708", "2870820", "28708a", "-87082"] {
            assert_eq!(step_of(KEY, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        let uri = uri(KEY, "home", "anna meyer");
        assert!(uri.starts_with("otpauth://totp/Ringback%20home:anna%20meyer?secret=GEZDGNBVGY3T"));
    }

    #[test]
    fn a_recovery_code_may_be_typed_in_other_ways() {
        let (shown, kept) = new_recovery().expect("random");
        assert_eq!((shown.len(), kept.len()), (10, 10));
        let typed = shown[0].to_uppercase().replace('-', " ");
        assert!(kept.contains(&recovery_hash(&typed)));
        assert!(!kept.contains(&recovery_hash("aaaa-aaaa-aaaa-aaaa")));
    }
}
