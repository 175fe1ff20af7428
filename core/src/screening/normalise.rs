//! Names and document numbers in one spelling. `docs/SCREENING.md` numbers the steps.
//!
//! Unicode's compatibility decomposition and Rust's full case mapping do most of it; both are fixed for characters that
//! Unicode has assigned (its stability policies), so a name keeps its key.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 500;
/// The longest document number, in characters.
pub const DOCUMENT_NUMBER_CHARS_MAX: usize = 100;

/// The text cannot identify anybody. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnusableText {
    /// A name without letters.
    #[error("a name must have a letter")]
    NoLetter,
    /// A document number without letters and digits.
    #[error("a document number must have a letter or digit")]
    NoLetterOrDigit,
    /// Too long.
    #[error(
        "too long: a name has at most {NAME_CHARS_MAX} characters, a document number {DOCUMENT_NUMBER_CHARS_MAX}"
    )]
    TooLong,
}

/// Letters that Unicode does not decompose, upper case, in order, and what is written for them where they are missing.
const LETTERS: [(char, &str); 11] = [
    ('Æ', "AE"),
    ('Ð', "D"),
    ('Ø', "O"),
    ('Þ', "TH"),
    ('Đ', "D"),
    ('Ħ', "H"),
    ('Ł', "L"),
    ('Ŋ', "N"),
    ('Œ', "OE"),
    ('Ŧ', "T"),
    ('ẞ', "SS"),
];

/// A name: its words in upper case without accents, sorted, one space between them.
///
/// # Errors
/// It has no letter, or is too long.
pub fn name(text: &str) -> Result<Zeroizing<String>, UnusableText> {
    let plain = plain(text, NAME_CHARS_MAX)?;
    if !plain.contains(char::is_alphabetic) {
        return Err(UnusableText::NoLetter);
    }
    let mut words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    Ok(Zeroizing::new(words.join(" ")))
}

/// A document number: its letters and digits in order, upper case, nothing between them.
///
/// # Errors
/// It has neither letter nor digit, or is too long.
pub fn document_number(text: &str) -> Result<Zeroizing<String>, UnusableText> {
    let plain = plain(text, DOCUMENT_NUMBER_CHARS_MAX)?;
    // Marks that a space kept apart stand side by side now, and have an order.
    let number = plain.chars().filter(|&c| c != ' ').nfkd().collect();
    let number: Zeroizing<String> = Zeroizing::new(number);
    if number.contains(char::is_alphanumeric) {
        Ok(number)
    } else {
        Err(UnusableText::NoLetterOrDigit)
    }
}

/// Steps 1 to 6: what is left are letters, digits, marks of scripts that need them, and spaces for everything else.
fn plain(text: &str, chars_max: usize) -> Result<Zeroizing<String>, UnusableText> {
    if text.chars().count() > chars_max {
        return Err(UnusableText::TooLong);
    }
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let characters = text
        .chars()
        .filter(|&c| !is_ignored(c))
        .nfkd()
        .filter(|&c| !is_ignored(c) && !is_accent(c))
        .flat_map(char::to_uppercase);
    for character in characters {
        match LETTERS.binary_search_by_key(&character, |&(letter, _)| letter) {
            Ok(index) => plain.push_str(LETTERS[index].1),
            Err(_) if character.is_alphanumeric() || is_combining_mark(character) => {
                plain.push(character);
            }
            Err(_) => plain.push(' '),
        }
    }
    Ok(plain)
}

/// What is left out without a trace: apostrophes and what is used for them, and characters that are not seen.
const fn is_ignored(c: char) -> bool {
    matches!(c,
        '\'' | '`' | '\u{b4}' | '\u{2b9}'..='\u{2bf}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{ff07}'
        // Soft hyphen, joiners, directions, the byte order mark, Arabic's filler.
        | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{640}')
}

/// Marks without which a name is the same: the blocks of combining diacritical marks; the points of Hebrew and Arabic, which
/// are seldom written. The vowel signs of other scripts are no accents and stay.
const fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}'
        | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for (one, other) in [
            ("EXAMPLE-DOE, José María", "Jose Maria Example Doe"),
            ("O'Example", "OEXAMPLE"),
            ("O’Example", "OEXAMPLE"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "strasse"),
            ("Søren Łukasz", "SOREN LUKASZ"),
            ("Æsir Œuvre Þór Đorđe", "AESIR OEUVRE THOR DORDE"),
            ("I\u{307}lker Işık", "ILKER ISIK"),
            ("İlker Işık", "ilker isik"),
            ("J. R. Doe", "Doe, J R"),
            ("ﬁona", "Fiona"),
            ("Ｆｕｌｌ　ｗｉｄｔｈ", "width full"),
            ("Doe\u{200e} \u{ad}Jane\u{a0}", "jane doe"),
            ("Семён", "СЕМЕН"),
            ("مُحَمَّد أحمد", "محمد احمد"),
            ("ŉ Test", "N TEST"),
        ] {
            assert_eq!(name(one), name(other), "{one} / {other}");
        }
    }

    #[test]
    fn other_names_stay_apart() {
        for (one, other) in [
            ("Jane Doe", "Jane Do"),
            ("Jane Jane Doe", "Jane Doe"),
            ("Al-Example", "Alexample"),
            ("Müller", "Mueller"),
            ("Семен", "Semen"),
            ("か", "が"),
            ("कि", "की"),
        ] {
            assert_ne!(name(one), name(other), "{one} / {other}");
        }
    }

    #[test]
    fn the_words_of_a_name_are_sorted() {
        assert_eq!(&**name("DOE, Jane 'JD' von").unwrap(), "DOE JANE JD VON");
        assert_eq!(&**name("b  A\tc").unwrap(), "A B C");
    }

    #[test]
    fn a_document_number_is_its_letters_and_digits() {
        for text in ["x-123 45/6", "X 12.345 6", " x123456 ", "Ｘ１２３４５６"] {
            assert_eq!(&**document_number(text).unwrap(), "X123456", "{text}");
        }
        let once = document_number("\u{ec8}{\u{1133b}a").unwrap();
        assert_eq!(document_number(&once).unwrap(), once);
        // Order and leading zeros count.
        assert_ne!(document_number("012"), document_number("12"));
        assert_ne!(document_number("12"), document_number("21"));
    }

    #[test]
    fn what_identifies_nobody_is_refused() {
        for text in ["", " ", "-", "1234", "'"] {
            assert_eq!(name(text), Err(UnusableText::NoLetter), "{text}");
        }
        for text in ["", " - ", "'"] {
            let number = document_number(text);
            assert_eq!(number, Err(UnusableText::NoLetterOrDigit), "{text}");
        }
        assert_eq!(name(&"a".repeat(501)), Err(UnusableText::TooLong));
        assert!(name(&"ä".repeat(500)).is_ok());
        assert_eq!(
            document_number(&"1".repeat(101)),
            Err(UnusableText::TooLong)
        );
    }

    #[test]
    fn the_table_of_letters_is_searchable_and_needed() {
        assert!(LETTERS.is_sorted_by_key(|&(letter, _)| letter));
        for (letter, _) in LETTERS {
            // Nothing of it would be done by the other steps.
            assert!(letter.to_string().nfkd().eq([letter]));
            assert!(letter.to_uppercase().eq([letter]));
        }
    }

    proptest! {
        #[test]
        fn once_is_enough(text in any::<String>()) {
            if let Ok(once) = name(&text) {
                prop_assert_eq!(name(&once).unwrap(), once);
            }
            if let Ok(once) = document_number(&text) {
                prop_assert_eq!(document_number(&once).unwrap(), once);
            }
        }

        #[test]
        fn case_order_and_form_do_not_matter(words in prop::collection::vec("[a-zà-öø-ÿ]{1,8}", 1..5)) {
            let written = words.join(" ");
            let mut other = words.clone();
            other.reverse();
            let other = other.join(", ").to_uppercase();
            prop_assert_eq!(name(&written), name(&other));
            prop_assert_eq!(name(&written), name(&written.nfd().collect::<String>()));
        }
    }
}
