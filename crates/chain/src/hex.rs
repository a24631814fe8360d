//! Lower-case hexadecimal for byte arrays, the form in which people and JSON see ids and hashes.

/// Why a text is not the hexadecimal form of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// The text has another length than two digits a byte.
    #[error("expected {expected} hexadecimal digits, found {found}")]
    Length {
        /// Digits that the value has.
        expected: usize,
        /// Characters that were given.
        found: usize,
    },
    /// A character is not a hexadecimal digit.
    #[error("character {at} is not a hexadecimal digit")]
    Digit {
        /// Zero-based place of the character, in bytes.
        at: usize,
    },
}

/// Writes `bytes` as lower-case digits.
pub(crate) fn write(bytes: &[u8], to: &mut impl std::fmt::Write) -> std::fmt::Result {
    bytes.iter().try_for_each(|byte| write!(to, "{byte:02x}"))
}

/// Reads exactly `N` bytes; digits of either case are accepted.
pub(crate) fn read<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    if text.len() != 2 * N {
        return Err(HexError::Length { expected: 2 * N, found: text.len() });
    }
    let mut bytes = [0u8; N];
    for (at, digit) in text.bytes().enumerate() {
        let value = (digit as char).to_digit(16).ok_or(HexError::Digit { at })? as u8;
        bytes[at / 2] = bytes[at / 2] << 4 | value;
    }
    Ok(bytes)
}

/// Declares a newtype over `[u8; N]` that is hexadecimal to people and bytes to machines.
macro_rules! hex_bytes {
    ($(#[$doc:meta])* $name:ident, $n:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub [u8; $n]);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::hex::write(&self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::HexError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hex::read(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { to.serialize_bytes(&self.0) }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(f, "{} bytes, or as many hexadecimal pairs", $n)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<$name, E> {
                        bytes.try_into().map($name).map_err(E::custom)
                    }
                }
                if from.is_human_readable() { from.deserialize_str(Visitor) } else { from.deserialize_bytes(Visitor) }
            }
        }
    };
}
pub(crate) use hex_bytes;
