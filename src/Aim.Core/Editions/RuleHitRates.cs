using Aim.Identity;
using Aim.Movement;
using Aim.Organizations;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Editions;

/// <summary>
/// How often each rule of the catalogue is broken in a year: by what is stored, as it was counted; in the newest uploads, which had the rows that a rule keeps out; and as cases that
/// are open, for what only the state can see.
/// </summary>
public sealed class RuleHitRates(NewestUploads uploads, CaseBook cases, IdentityCases identityCases, ReferenceLibrary references)
{
    /// <summary>Every rule at its stage in the year, in the order of the ids.</summary>
    public async Task<IReadOnlyList<RuleHits>> OfAsync(YearHits stored, CancellationToken cancellation)
    {
        var uploaded = await uploads.ReadAsync(stored.Year, cancellation);
        var moved = await cases.ListAsync(stored.Year, null, null, cancellation).Where(item => item.IsPending).CountBy(item => item.Rule).ToDictionaryAsync(cancellationToken: cancellation);
        var confused = await identityCases.ListAsync(null, cancellation).Where(item => item.Status == IdentityCaseStatus.Open).CountBy(item => item.Rule).ToDictionaryAsync(cancellationToken: cancellation);
        var reference = (await references.FindAsync(stored.Year, cancellation))?.Data;
        return
        [
            .. stored.Tally.Of(RuleCatalog.All.Select(rule => rule.In(reference))).Zip(RuleCatalog.All, (hits, rule) => hits with
            {
                Uploaded = uploaded.Of(rule), OpenCases = RuleCatalog.OpensCases(rule) ? moved.GetValueOrDefault(rule.Id) + confused.GetValueOrDefault(rule.Id) : null,
            }),
        ];
    }
}
