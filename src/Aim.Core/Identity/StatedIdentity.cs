using Aim.Records;
using Aim.Rules;

namespace Aim.Identity;

/// <summary>Holds the State ID that a row states against what the state knows.</summary>
internal static class StatedIdentity
{
    /// <summary>A stated State ID must exist; retired ones and those of another child are reported, and dealt with by the sync.</summary>
    /// <param name="content">Of the row as it was sent.</param>
    /// <param name="people">Those that rows state, where there are such.</param>
    public static bool Accepts(StateId? stated, ReadOnlyMemory<byte> content, in RowPlace place, IReadOnlyDictionary<StateId, Person> people, IFindingSink findings)
    {
        if (stated is not { } id) return true;
        if (!people.TryGetValue(id, out var person))
        {
            findings.Add(Findings.OfField(IdentityRules.UnknownStateId, place, "StudentStateId", id.ToString(), null));
            return false;
        }
        if (person.MergedInto is { } survivor) findings.Add(Findings.OfField(IdentityRules.RetiredStateId, place, "StudentStateId", id.ToString(), null, ("Expected", survivor.ToString())));
        if (place.Type == RecordTypes.Student && IdentityAgreement.Disagrees(RecordTypes.Student.Read(content.Span), person))
            findings.Add(Findings.OfField(IdentityRules.OtherIdentity, place, "StudentStateId", id.ToString(), null));
        return true;
    }
}
