namespace Aim.Identity.Matching;

/// <summary>What letters a name has, how many and which first, in eight bytes: two names that can't be alike are told apart without reading either.</summary>
internal readonly record struct NameSketch
{
    private const int Digits = 26, Others = 36, Blank = 52, Length = 53, First = 60;
    private const ulong LettersMask = (1UL << Length) - 1, FirstMask = 15;

    private readonly ulong bits;

    private NameSketch(ulong bits) => this.bits = bits;

    public static NameSketch Of(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty) return default;
        var letters = 0UL;
        foreach (var c in name) letters |= 1UL << PlaceOf(c);
        return new NameSketch(letters | (ulong)name.Length << Length | (name[0] & FirstMask) << First);
    }

    /// <summary>Characters of other scripts share places; that makes sketches alike, never unlike.</summary>
    private static int PlaceOf(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= '0' and <= '9' => Digits + c - '0',
        ' ' => Blank,
        _ => Others + c % (Blank - Others),
    };

    public bool HasWords => (bits >> Blank & 1) != 0;

    private int Count => (int)(bits >> Length) & 127;

    private ulong Letters => bits & LettersMask;

    private bool MayBeginLike(NameSketch other) => bits >> First == other.bits >> First;

    /// <summary>Whether one name may be the beginning of the other.</summary>
    public bool MayBeBeginningOf(NameSketch other) => MayBeginLike(other) && ((Letters & ~other.Letters) == 0 || (other.Letters & ~Letters) == 0);

    /// <summary>No less than <see cref="MatchText.Likeness"/> of the names: every letter that the other name lacks has no partner there.</summary>
    public double MostLikeness(NameSketch other)
    {
        var partners = Math.Min(Count - (int)ulong.PopCount(Letters & ~other.Letters), other.Count - (int)ulong.PopCount(other.Letters & ~Letters));
        if (partners <= 0) return 0;
        var jaro = (partners / (double)Count + partners / (double)other.Count + 1) / 3;
        return MayBeginLike(other) ? jaro + 0.4 * (1 - jaro) : jaro;
    }
}
