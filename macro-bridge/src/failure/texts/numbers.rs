//! Numbers for people.

/// `2,000,000,000`
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `256 MiB`, `512 KiB`, `17 bytes`
#[must_use]
pub fn size(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        _ if bytes >= MIB && bytes.is_multiple_of(MIB) => format!("{} MiB", thousands(bytes / MIB)),
        _ if bytes >= 10 * MIB => format!("{} MiB", thousands(bytes.div_ceil(MIB))),
        _ if bytes >= KIB && bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ if bytes >= 10 * KIB => format!("{} KiB", thousands(bytes.div_ceil(KIB))),
        _ => format!("{} bytes", thousands(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(2_000_000_000), "2,000,000,000");
        assert_eq!(size(256 << 20), "256 MiB");
        assert_eq!(size(512 << 10), "512 KiB");
        assert_eq!(size((20 << 20) + 1), "21 MiB");
        assert_eq!(size(17), "17 bytes");
    }
}
