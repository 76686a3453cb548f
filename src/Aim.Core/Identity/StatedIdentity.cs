using Aim.Editions;
using Aim.Organizations;
using Aim.Records;
using Aim.Rules;

namespace Aim.Identity;

/// <summary>Holds the State IDs of rows against what the state knows.</summary>
internal static class StatedIdentity
{
    private const string KeptAside = "the student's rows are kept aside until a person has decided";

    /// <summary>A stated State ID must exist; a retired one is reported, and dealt with by the sync.</summary>
    public static bool Accepts(StateId? stated, in RowPlace place, KnownIdentities known, ReferenceData? reference, IFindingSink findings)
    {
        if (stated is not { } id) return true;
        if (known.Find(id) is not { } person)
        {
            findings.Add(Findings.OfField(IdentityRules.UnknownStateId.In(reference), place, "StudentStateId", id.ToString(), null));
            return false;
        }
        if (person.MergedInto is { } survivor) findings.Add(Findings.OfField(IdentityRules.RetiredStateId.In(reference), place, "StudentStateId", id.ToString(), null, ("Expected", survivor.ToString())));
        return true;
    }

    /// <summary>Reports a student who is not quite, or not at all, the one whose State ID the demographics state or the local id has.</summary>
    public static void Check(UnresolvedStudent student, in RowPlace place, KnownIdentities known, ReferenceData? reference, IFindingSink findings)
    {
        if (known.Judge(student) is not { Doubt: not IdentityDoubt.None } verdict) return;
        // Whose child it isn't is told the same whatever differs, and how much: else one guess after another would come closer.
        var (comparison, outcome) = verdict.Differences is { } differences ? ($"differs in {differences} from", OutcomeOf(verdict.Doubt)) : ("doesn't fit", "the student's rows may be kept aside until a person has decided");
        findings.Add(Findings.OfField(IdentityRules.OtherIdentity.In(reference), place, IdentityRules.OtherIdentity.Field, verdict.StateId.ToString(), null, ("Comparison", comparison), ("Outcome", outcome)));
    }

    private static string OutcomeOf(IdentityDoubt doubt) => doubt switch
    {
        IdentityDoubt.DiffersInOne => "it counts as a correction",
        IdentityDoubt.FitsAnother => $"another student fits it better, so {KeptAside}",
        IdentityDoubt.HasOtherLocalId => $"another local id of the district has that State ID, so {KeptAside}",
        _ => KeptAside,
    };

    /// <summary>Reports all that there is about a student whose rows are stored.</summary>
    /// <param name="waits">Why the rows are kept aside; null when they aren't.</param>
    public static void CheckStored(EditionStudent student, KnownIdentities known, ParkReason? waits, ReferenceData? reference, IFindingSink findings)
    {
        foreach (var row in student.Rows)
        {
            var place = new RowPlace(row.Type, row.Line, student.LocalId, row.Upload);
            Accepts(row.StatedId, place, known, reference, findings);
            if (UnresolvedStudent.Of(student.LocalId, row) is not { } person) continue;
            Check(person, place, known, reference, findings);
            if (waits is { } reason && IsNearMatch(reason)) findings.Add(NearMatch(place, reason, reference));
        }
    }

    /// <summary>Rows wait because they may be a known child's, and not for anything that the district can correct.</summary>
    public static bool IsNearMatch(ParkReason reason) => reason is ParkReason.NearMatch or ParkReason.OtherLocalId;

    public static Finding NearMatch(in RowPlace place, ParkReason reason, ReferenceData? reference) => Findings.OfField(IdentityRules.NearMatch.In(reference), place, IdentityRules.NearMatch.Field, null, null,
        ("Why", reason == ParkReason.OtherLocalId ? "and whom the district has under another local id" : "by name, birth date and gender"));
}
