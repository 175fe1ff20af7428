//! Types whose text form is their only form: a macro for `Display`, `FromStr` and serde that agree.
//!
//! A type gives `Display` and `FromStr`; [`string_form!`](crate::string_form) derives serde from the two, so that
//! JSON, the command line and the database never differ.

/// Implements `Serialize` and `Deserialize` through `Display` and `FromStr`.
#[macro_export]
macro_rules! string_form {
    ($type:ty) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                struct Text;

                impl ::serde::de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: ::serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                // Parsed where it stands: a copy of a secret would stay behind in freed memory.
                deserializer.deserialize_str(Text)
            }
        }
    };
}

/// Implements `Display` and `FromStr` for a field-less enum from one table of names.
#[macro_export]
macro_rules! named_variants {
    ($type:ty, $error:ident, $what:literal, { $($variant:ident => $name:literal),+ $(,)? }) => {
        #[doc = concat!("The text is no ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq, ::thiserror::Error)]
        #[error("unknown {}; known: {}", $what, [$($name),+].join(", "))]
        pub struct $error;

        impl $type {
            /// Every variant, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, as JSON, the database and the command line have it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                match text { $($name => Ok(Self::$variant),)+ _ => Err($error) }
            }
        }

        $crate::string_form!($type);
    };
}
