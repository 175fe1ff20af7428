//! Versions as tools print them.

/// Major and minor number; a missing minor counts as 0.
pub(super) type Version = (u32, u32);

/// The first version after `marker`: `find("temporal version 1.9.1 (Server 1.32.0, …)", "Server ")` is `(1, 32)`.
pub(super) fn find(text: &str, marker: &str) -> Option<Version> {
    let rest = &text[text.find(marker)? + marker.len()..];
    let mut numbers = rest.split('.').map(|part| {
        let digits = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        (part[..digits].parse().ok(), digits == part.len())
    });
    let (major, whole) = numbers.next()?;
    // Only a part that is nothing but digits is followed by a minor number: "18beta1.2" has none.
    let minor = if whole {
        numbers.next().and_then(|(minor, _)| minor)
    } else {
        None
    };
    Some((major?, minor.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_the_tools_print_them() {
        let temporal = "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)\n";
        assert_eq!(find(temporal, "Server "), Some((1, 32)));
        assert_eq!(
            find(
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                "(PostgreSQL) "
            ),
            Some((15, 18))
        );
        assert_eq!(
            find("postgres (PostgreSQL) 19beta1\n", "(PostgreSQL) "),
            Some((19, 0))
        );
        assert_eq!(find("libprotoc 31.1\n", "libprotoc "), Some((31, 1)));
        assert_eq!(find("libprotoc 3.21.12\n", "libprotoc "), Some((3, 21)));
    }

    #[test]
    fn other_text_has_no_version() {
        assert_eq!(find("temporal version 0.0.0-DEV", "Server "), None);
        assert_eq!(find("Server unknown", "Server "), None);
        assert_eq!(find("", ""), None);
    }
}
