//! Calendar days as small integers, and the one rule by which a person reaches an age.
//!
//! A circuit compares integers, so a date is the number of days since 1900-01-01. The real (proleptic Gregorian)
//! calendar is applied outside the circuit, on public values only: see [`Day::years_before`].

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};
use thiserror::Error;

/// Day numbers fit in this many bits; circuits range-check differences of days with this width.
pub const DAY_BITS: usize = 20;

/// A calendar day between 1900-01-01 and 2999-12-31. Text form: ISO 8601, `2026-11-24`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

/// The text or number names no day in the supported range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a calendar day between 1900-01-01 and 2999-12-31 in the form YYYY-MM-DD")]
pub struct DayError;

const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

impl Day {
    /// The day of this year, month (from 1) and day of month (from 1).
    ///
    /// # Errors
    /// There is no such day, or it is outside the supported range.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Self, DayError> {
        NaiveDate::from_ymd_opt(year, month, day)
            .ok_or(DayError)
            .and_then(Self::try_from)
    }

    /// Days since 1900-01-01; below 2^[`DAY_BITS`].
    #[must_use]
    pub fn number(self) -> u32 {
        u32::try_from((self.0 - EPOCH).num_days()).unwrap_or(0)
    }

    /// The day with this number.
    ///
    /// # Errors
    /// The number is outside the supported range.
    pub fn from_number(number: u32) -> Result<Self, DayError> {
        EPOCH
            .checked_add_days(Days::new(u64::from(number)))
            .ok_or(DayError)
            .and_then(Self::try_from)
    }

    /// The same day of the year, `years` years before: the latest birth date of a person who is `years` old on
    /// this day.
    ///
    /// Where that year has no 29 February, 28 February is the answer: whoever was born on 29 February comes of age
    /// on 1 March of a common year, never a day early.
    ///
    /// # Errors
    /// The result lies before 1900-01-01.
    pub fn years_before(self, years: u8) -> Result<Self, DayError> {
        self.0
            .checked_sub_months(Months::new(12 * u32::from(years)))
            .ok_or(DayError)
            .and_then(Self::try_from)
    }

    /// The day that is `days` later.
    ///
    /// # Errors
    /// The result lies after 2999-12-31.
    pub fn plus_days(self, days: u32) -> Result<Self, DayError> {
        self.0
            .checked_add_days(Days::new(u64::from(days)))
            .ok_or(DayError)
            .and_then(Self::try_from)
    }

    /// The day as chrono has it.
    #[must_use]
    pub const fn as_naive_date(self) -> NaiveDate {
        self.0
    }
}

impl TryFrom<NaiveDate> for Day {
    type Error = DayError;
    fn try_from(date: NaiveDate) -> Result<Self, DayError> {
        if (1900..=2999).contains(&date.year()) {
            Ok(Self(date))
        } else {
            Err(DayError)
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map_err(|_| DayError)
            .and_then(Self::try_from)?;
        // chrono takes `2026-1-5` and `2026- 1- 5`; one day has one text form.
        if day.to_string() == text {
            Ok(day)
        } else {
            Err(DayError)
        }
    }
}

crate::string_form!(Day);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_range_fits_the_width() {
        assert_eq!(day("1900-01-01").number(), 0);
        assert!(day("2999-12-31").number() < 1 << DAY_BITS);
        for text in [
            "1899-12-31",
            "3000-01-01",
            "2026-02-30",
            "2026-1-05",
            "2026- 1- 5",
            " 2026-1-05",
            "20261124",
            "+026-11-24",
        ] {
            assert_eq!(text.parse::<Day>(), Err(DayError), "{text}");
        }
    }

    #[test]
    fn an_age_is_reached_on_the_birthday() {
        assert_eq!(day("2026-11-24").years_before(18), Ok(day("2008-11-24")));
    }

    #[test]
    fn born_on_29_february_comes_of_age_on_1_march_of_a_common_year() {
        // 2008-02-29 is later than the cutoff on 28 February 2026, and not on 1 March.
        assert_eq!(day("2026-02-28").years_before(18), Ok(day("2008-02-28")));
        assert_eq!(day("2026-03-01").years_before(18), Ok(day("2008-03-01")));
        // As-of day 29 February, birth year without one.
        assert_eq!(day("2028-02-29").years_before(18), Ok(day("2010-02-28")));
        assert_eq!(day("2028-02-29").years_before(20), Ok(day("2008-02-29")));
        assert_eq!(day("1910-01-01").years_before(18), Err(DayError));
    }

    /// Completed years by comparing (month, day): an independent form of the rule.
    fn age_on(birth: Day, on: Day) -> i32 {
        let (b, o) = (birth.as_naive_date(), on.as_naive_date());
        o.year() - b.year() - i32::from((o.month(), o.day()) < (b.month(), b.day()))
    }

    fn is_leap(year: i32) -> bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    proptest! {
        #[test]
        fn born_on_29_february_is_never_a_day_early(
            born in (1904i32..2880).prop_filter("leap years", |year| is_leap(*year)), age in 1u8..=120,
        ) {
            let birth_date = Day::from_ymd(born, 2, 29)?;
            let year = born + i32::from(age);
            let has_age_on = |month, day| -> Result<bool, DayError> {
                Ok(birth_date <= Day::from_ymd(year, month, day)?.years_before(age)?)
            };
            prop_assert!(!has_age_on(2, 28)?);
            if is_leap(year) {
                prop_assert!(has_age_on(2, 29)?);
            }
            prop_assert!(has_age_on(3, 1)?);
        }

        #[test]
        fn a_year_without_29_february_takes_the_day_before(
            on in (1904i32..2999).prop_filter("leap years", |year| is_leap(*year)), years in 1u8..=120,
        ) {
            let year = on - i32::from(years);
            prop_assume!(year >= 1900);
            let day = if is_leap(year) { 29 } else { 28 };
            prop_assert_eq!(Day::from_ymd(on, 2, 29)?.years_before(years), Day::from_ymd(year, 2, day));
        }

        #[test]
        fn a_day_has_one_spelling(
            number in 0u32..401_000, before in prop::sample::select(vec!["", "+", " ", "0"]),
            pads in prop::array::uniform2(prop::sample::select(vec!["", "0", " ", "+"])), after in "[ 0]?",
        ) {
            let day = Day::from_number(number)?;
            let date = day.as_naive_date();
            let [month, of_month] = pads;
            let text = format!("{before}{}-{month}{}-{of_month}{}{after}", date.year(), date.month(), date.day());
            if let Ok(read) = text.parse::<Day>() {
                prop_assert_eq!(read.to_string(), text);
            }
        }

        #[test]
        fn cutoff_agrees_with_counting_completed_years(
            on in 54_000u32..390_000, born in 0u32..390_000, years in 1u8..=120,
        ) {
            let (on, born) = (Day::from_number(on)?, Day::from_number(born)?);
            if let Ok(cutoff) = on.years_before(years) {
                prop_assert_eq!(born <= cutoff, age_on(born, on) >= i32::from(years));
            }
        }

        #[test]
        fn number_and_text_round_trip(number in 0u32..401_000) {
            let day = Day::from_number(number)?;
            prop_assert_eq!(day.number(), number);
            prop_assert_eq!(day.to_string().parse::<Day>()?, day);
        }
    }
}
