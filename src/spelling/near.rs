//! Owns how far two spellings are from each other, for the few fixed phrases that headings repeat.
//! It refuses to know which phrases those are.

use super::fold;

/// The Levenshtein distance of two texts in characters, or none where it is above `max`. The cost
/// is the product of the lengths, so both are short phrases.
#[must_use]
pub fn distance(a: &str, b: &str, max: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > max {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let swap = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(corner + 1);
        }
    }
    row.last().copied().filter(|d| *d <= max)
}

/// True where `text` is `phrase` but for at most `max` wrong, missing or added characters, both
/// folded (a wrong tone is one). Texts over 200 bytes are never near.
#[must_use]
pub fn near(text: &str, phrase: &str, max: usize) -> bool {
    text.len() <= 200 && distance(&fold(text), &fold(phrase), max).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_near_other_words_are_not() {
        for (text, phrase, max, expected) in [
            ("CHỈ THỈ", "Chỉ thị", 1, true),
            ("Chi thi", "Chỉ thị", 1, false),
            ("CỘNG HÕA XÃ HỘI", "Cộng hòa xã hội", 2, true),
            ("THÔNG TIN", "Thông tri", 1, false),
            ("QUY ĐỊNH", "Quyết định", 2, false),
            ("", "Luật", 2, false),
        ] {
            assert_eq!(near(text, phrase, max), expected, "{text} / {phrase}");
        }
        assert_eq!(distance("abc", "abd", 1), Some(1));
        assert_eq!(distance("", "", 0), Some(0));
    }
}
