using System.Globalization;
using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>Adds up what districts count of each State ID: two children who have one State ID are counted as more than one student.</summary>
internal sealed class CountCases
{
    private const string Rule = "CNT-006";

    private readonly Dictionary<(StateId Student, string Type), Dictionary<DistrictId, decimal>> shares = [];
    private readonly Dictionary<(StateId Student, string Type), DateOnly> days = [];

    /// <summary>Adds a student's rows as they are written.</summary>
    public void Add(DistrictId district, IEnumerable<SampleRow> rows)
    {
        foreach (var row in rows.Where(row => row.Layout.Type is "AF" or "AS" && row["Exclude10Day"] != "Y" && !row.IsRejected))
        {
            if (!StateId.TryParse(row["StudentStateId"], null, out var student) || !int.TryParse(row["AggregateHours"], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)) continue;
            if (!shares.TryGetValue((student, row.Layout.Type), out var byDistrict)) shares[(student, row.Layout.Type)] = byDistrict = [];
            var day = DateOnly.ParseExact(row["CountDate"], FileDate.Format, CultureInfo.InvariantCulture);
            if (!days.TryGetValue((student, row.Layout.Type), out var first) || day < first) days[(student, row.Layout.Type)] = day;
            byDistrict[district] = Math.Max(byDistrict.GetValueOrDefault(district), AnbShare.Of(hours, isExcluded: false));
        }
    }

    public IEnumerable<SampleCase> Cases =>
        from item in shares
        where item.Value.Values.Sum() > 1
        let districts = item.Value.Where(share => share.Value > 0).Select(share => share.Key).OrderBy(district => district.Value, StringComparer.Ordinal).ToList()
        select new SampleCase(Rule, item.Key.Student, null, districts[0], districts[1], days[item.Key]);
}
