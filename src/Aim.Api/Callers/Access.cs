using Aim.Api.Problems;
using Aim.Ports;
using Aim.Records;

namespace Aim.Api.Callers;

/// <summary>What handlers ask before they do anything.</summary>
public static class Access
{
    public static void MustRead(this Caller caller, DistrictId district)
    {
        if (!caller.MayRead(district)) throw RequestException.Forbidden($"You may not see the data of district {district}.");
    }

    public static void MustSend(this Caller caller, DistrictId district)
    {
        if (!caller.MaySend(district)) throw RequestException.Forbidden($"You may not send data for district {district}.");
    }

    public static void MustBe(this Caller caller, params ReadOnlySpan<string> roles)
    {
        foreach (var role in roles) if (caller.Is(role)) return;
        throw RequestException.Forbidden($"This needs the role {string.Join(" or ", roles!)}.");
    }
}
