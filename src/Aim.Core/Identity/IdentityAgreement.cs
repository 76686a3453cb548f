using Aim.Identity.Matching;
using Aim.Records;

namespace Aim.Identity;

/// <summary>How far what is said of a child agrees with what is known of the one whose State ID it has.</summary>
internal enum IdentityAgreement
{
    /// <summary>Slips of the pen, other forms of a first name and a changed surname are no difference.</summary>
    Agrees = 1,

    /// <summary>One thing differs: a correction, or the first sign of another child's State ID.</summary>
    DiffersInOne = 2,

    /// <summary>More than one thing differs: another child, as far as a machine can tell.</summary>
    Disagrees = 3,
}

/// <summary>What two say of a child, field by field.</summary>
internal readonly record struct IdentityComparison(Agreement Last, Agreement First, Agreement Middle, Agreement Birth, Agreement Gender)
{
    private static readonly IdentityComparison Equal = new(Agreement.Same, Agreement.Same, Agreement.Same, Agreement.Same, Agreement.Same);

    public static IdentityComparison Of(Student student, Person known)
    {
        var person = Person.Of(known.StateId, student);
        // Nearly every row says to the letter what is known.
        if (person == known with { MergedInto = null }) return Equal;
        return Of(PersonTraits.Of(person), PersonTraits.Of(known));
    }

    public static IdentityComparison Of(Student one, Student other) => Of(PersonTraits.Of(one), PersonTraits.Of(other));

    public static IdentityComparison Of(PersonTraits one, PersonTraits other)
    {
        var pattern = PersonMatcher.Compare(one, other);
        return new(pattern[MatchField.Last], pattern[MatchField.First], pattern[MatchField.Middle], pattern[MatchField.Birth], pattern[MatchField.Gender]);
    }

    /// <summary>
    /// How much that comes to. Whoever has the child already may correct one thing at a time, and a surname along with it; a stranger's row must not have another surname as well, nor a first name
    /// that is altogether another: that is no correction, but a twin. A middle name counts where another name differs: twins are told apart by it.
    /// </summary>
    /// <param name="isOwn">The district has the child under this State ID already.</param>
    public IdentityAgreement Grade(bool isOwn)
    {
        // Names that are merely alike are two when the middle names are two as well.
        var isOtherFirst = First == Agreement.Differs || First == Agreement.Similar && Middle == Agreement.Differs;
        var things = (isOtherFirst ? 1 : 0) + (DiffersInBirth ? 1 : 0) + (Gender == Agreement.Differs ? 1 : 0);
        var counts = things + (Last == Agreement.Differs && !isOwn ? 1 : 0);
        if (Middle == Agreement.Differs && (First == Agreement.Differs || Last == Agreement.Differs && !isOwn)) counts++;
        if (!isOwn && First == Agreement.Differs) return IdentityAgreement.Disagrees;
        return counts > 1 ? IdentityAgreement.Disagrees : things == 1 ? IdentityAgreement.DiffersInOne : IdentityAgreement.Agrees;
    }

    /// <summary>Names and birth date are to the letter what is known; nobody else can fit better.</summary>
    public bool IsSure => First is Agreement.Same or Agreement.Missing && Birth is Agreement.Same or Agreement.Missing && Last != Agreement.Differs;

    /// <summary>The two are of one person, or of two who can't be told apart.</summary>
    public bool Fits => Last == Agreement.Same && First == Agreement.Same && Birth == Agreement.Same && Gender != Agreement.Differs;

    /// <summary>What differs, in words; where nothing does beyond slips of the pen, what is not to the letter the same.</summary>
    public string Differences
    {
        get
        {
            string[] all = [.. Words(level => level == Agreement.Differs)];
            if (all.Length == 0) all = [.. Words(level => level > Agreement.Same)];
            return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} and {all[^1]}";
        }
    }

    private bool DiffersInBirth => Birth is Agreement.Similar or Agreement.Differs;

    private IEnumerable<string> Words(Func<Agreement, bool> names)
    {
        if (names(Last)) yield return "last name";
        if (names(First)) yield return "first name";
        if (names(Middle)) yield return "middle name";
        if (names(Birth) || Birth == Agreement.Similar) yield return "birth date";
        if (names(Gender)) yield return "gender";
    }
}
