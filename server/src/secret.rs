//! What lets someone in: random, and compared without telling how much of a guess was right.

use crate::HostError;

/// Letters of a secret: the digits and letters that aren't taken for one another, 5 bits each.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Random bytes in a secret: 160 bits, so that 5 bits a letter come out even.
const SECRET_BYTES: usize = 20;

/// A new secret: 32 letters from 160 random bits.
pub(crate) fn new_secret() -> Result<String, HostError> {
    Ok(letters(&random()?))
}

/// Bytes as letters that can be read out.
pub(crate) fn letters(bytes: &[u8; SECRET_BYTES]) -> String {
    let mut secret = String::with_capacity(SECRET_BYTES * 8 / 5);
    for five in bytes.as_chunks::<5>().0 {
        let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        secret.extend((0..8).rev().map(|at| char::from(LETTERS[(bits >> (5 * at) & 31) as usize])));
    }
    secret
}

/// Bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], HostError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(HostError::Random)?;
    Ok(bytes)
}

/// Whether a guess is the secret. How long it takes depends on the guess's length only.
pub(crate) fn is_same(secret: &str, guess: &str) -> bool {
    let (secret, guess) = (secret.as_bytes(), guess.as_bytes());
    let mut different = secret.len() ^ guess.len();
    for (at, byte) in guess.iter().enumerate() {
        // A secret is never empty; its letters are gone round where the guess is longer.
        let letter = secret.get(at % secret.len().max(1)).copied().unwrap_or(0);
        different |= usize::from(letter ^ byte);
    }
    // Keeps the compiler from leaving the loop early.
    std::hint::black_box(different) == 0 && !secret.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_all_different() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }

    #[test]
    fn only_the_whole_secret_is_the_secret() {
        for (secret, guess, same) in [
            ("abcd", "abcd", true),
            ("abcd", "abce", false),
            ("abcd", "abc", false),
            ("abcd", "abcdabcd", false),
            ("abcd", "", false),
            ("", "", false),
            ("", "a", false),
        ] {
            assert_eq!(is_same(secret, guess), same, "{secret:?} {guess:?}");
        }
    }
}
