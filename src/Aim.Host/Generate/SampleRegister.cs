using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>What is given out once only, over all years of a sample state: State IDs, local ids, numbers, and who is who.</summary>
internal sealed class SampleRegister(SampleRandom random)
{
    private readonly HashSet<(string, string, DateOnly, string)> identities = [];
    private readonly HashSet<int> stateIds = [];
    private readonly Dictionary<DistrictId, HashSet<string>> localIds = [];

    /// <summary>Households so far.</summary>
    public int Households { get; set; }

    /// <summary>Children so far.</summary>
    public int People { get; set; }

    /// <summary>False when somebody of that name, birth date and gender is there.</summary>
    public bool Enter(string lastName, string firstName, DateOnly birth, string gender) =>
        identities.Add((Rules.Names.Normalize(lastName), Rules.Names.Normalize(firstName), birth, gender));

    /// <summary>A State ID nobody else has.</summary>
    public StateId NewStateId()
    {
        int id;
        do id = random.Between(100_000_000, 999_999_999);
        while (!stateIds.Add(id));
        return new StateId(id);
    }

    public string NewLocalId(DistrictId district)
    {
        if (!localIds.TryGetValue(district, out var used)) localIds[district] = used = [];
        while (true)
        {
            var id = random.Digits(6);
            if (used.Add(id)) return id;
        }
    }
}
