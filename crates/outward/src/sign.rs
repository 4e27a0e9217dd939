//! Signatures as the Standard Webhooks describe them: HMAC-SHA256 over id, time and body, under a
//! key that is written `whsec_` and base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// What messages are signed with.
pub struct Secret(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A text that is no secret for signing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no signing secret: write whsec_ and 24 to 64 bytes in base64")]
pub struct NotASecret;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

impl Secret {
    /// A new one of 256 random bits.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn random() -> Result<Self, NotASecret> {
        let mut bytes = vec![0; 32];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| NotASecret)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub fn read(text: &str) -> Result<Self, NotASecret> {
        let bytes = text.strip_prefix(PREFIX).ok_or(NotASecret)?;
        let bytes = STANDARD.decode(bytes).map_err(|_| NotASecret)?;
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(Zeroizing::new(bytes)))
        } else {
            Err(NotASecret)
        }
    }

    /// As the receiver writes it down.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(&*self.0)))
    }

    fn signature(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{seconds}.").into_bytes();
        signed.extend_from_slice(body);
        let tag = sign(&Key::new(HMAC_SHA256, &self.0), &signed);
        format!("v1,{}", STANDARD.encode(tag))
    }
}

/// The header `webhook-signature`: one signature for each secret in force.
#[must_use]
pub fn signatures(secrets: &[Secret], id: &str, seconds: i64, body: &[u8]) -> String {
    let all = secrets.iter();
    let all: Vec<String> = all
        .map(|secret| secret.signature(id, seconds, body))
        .collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_comes_out() {
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature = secret.signature(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_in_force_signs_and_strangers_can_verify_it() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = i64::try_from(now.expect("after 1970").as_secs()).expect("a time");
        let secrets = [
            Secret::random().expect("random"),
            Secret::random().expect("random"),
        ];
        let header = signatures(&secrets, "t1-x2-5.0", now, b"{}");
        assert_eq!(header.split(' ').count(), 2);
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("webhook-id", "t1-x2-5.0".parse().expect("a header"));
        headers.insert("webhook-timestamp", now.into());
        headers.insert("webhook-signature", header.parse().expect("a header"));
        for secret in &secrets {
            let verifier = standardwebhooks::Webhook::new(&secret.reveal()).expect("a secret");
            verifier.verify(b"{}", &headers).expect("it is genuine");
            assert!(verifier.verify(b"{ }", &headers).is_err());
        }
    }

    #[test]
    fn a_secret_reads_back_and_others_are_refused() {
        let secret = Secret::random().expect("random");
        let text = secret.reveal();
        assert_eq!(*Secret::read(&text).expect("a secret").0, *secret.0);
        for wrong in ["", "whsec_", "whsec_abc", "whsec_!!!!", "abc", "whsec_AAAA"] {
            assert!(Secret::read(wrong).is_err(), "{wrong}");
        }
    }
}
