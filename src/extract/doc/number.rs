//! Owns the taking of numbers out of hostile bytes: what lies outside is none. It refuses to know
//! what a number means.

/// A little-endian number of 16 bits.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let taken = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(taken.try_into().ok()?))
}

/// A little-endian number of 32 bits.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let taken = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(taken.try_into().ok()?))
}

/// A number that is a place in bytes or a length of them.
pub(super) fn place_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// The bytes that a place and a length name; none where they lie outside.
pub(super) fn part(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

/// A PLC (MS-DOC 2.2.2): `n + 1` positions, then `n` data of `size` bytes each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plc<'a> {
    bytes: &'a [u8],
    size: usize,
    count: usize,
}

impl<'a> Plc<'a> {
    /// The PLC that fills these bytes.
    pub(super) fn new(bytes: &'a [u8], size: usize) -> Self {
        let count = bytes.len().saturating_sub(4) / (4 + size);
        Self { bytes, size, count }
    }

    /// How many data there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The positions between which a datum holds.
    pub(super) fn range(&self, n: usize) -> Option<std::ops::Range<u32>> {
        let at = (n < self.count).then_some(n * 4)?;
        Some(u32_at(self.bytes, at)?..u32_at(self.bytes, at + 4)?)
    }

    /// One datum.
    pub(super) fn datum(&self, n: usize) -> Option<&'a [u8]> {
        let at = (n < self.count).then_some((self.count + 1) * 4 + n * self.size)?;
        part(self.bytes, at, self.size)
    }

    /// The last datum that begins at or before a position, where positions rise.
    pub(super) fn find(&self, position: u32) -> Option<usize> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.range(middle)?.start <= position {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_none() {
        let bytes = [1, 2, 3, 4];
        assert_eq!(u16_at(&bytes, 2), Some(0x0403));
        assert_eq!(u32_at(&bytes, 1), None);
        assert_eq!(u32_at(&bytes, usize::MAX), None);
        assert_eq!(part(&bytes, 3, usize::MAX), None);
    }

    #[test]
    fn a_plc_finds_the_datum_of_a_position() {
        let mut bytes = Vec::new();
        for n in [10u32, 20, 30] {
            bytes.extend(n.to_le_bytes());
        }
        bytes.extend([1, 2]);
        let plc = Plc::new(&bytes, 1);
        assert_eq!(plc.len(), 2);
        for (position, found) in [(9, None), (10, Some(0)), (20, Some(1)), (99, Some(1))] {
            assert_eq!(plc.find(position), found, "{position}");
        }
        assert_eq!(plc.range(1), Some(20..30));
        assert_eq!(plc.datum(1), Some(&[2][..]));
        assert_eq!(plc.datum(2), None);
        assert_eq!(Plc::new(&[], 8).len(), 0);
    }
}
