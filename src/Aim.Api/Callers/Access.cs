using Aim.Ports;
using Microsoft.AspNetCore.Http;

namespace Aim.Api.Callers;

/// <summary>A request that can't be answered as asked; becomes problem details.</summary>
public sealed class RequestException(int status, string title, string detail) : Exception(detail)
{
    public int Status => status;
    public string Title => title;

    public static RequestException Forbidden(string detail) => new(StatusCodes.Status403Forbidden, "Not allowed", detail);

    public static RequestException NotFound(string detail) => new(StatusCodes.Status404NotFound, "Not found", detail);

    public static RequestException Invalid(string detail) => new(StatusCodes.Status400BadRequest, "Not understood", detail);

    public static RequestException Conflict(string detail) => new(StatusCodes.Status409Conflict, "Not possible now", detail);
}

/// <summary>What handlers ask before they do anything.</summary>
internal static class Access
{
    public static void MustRead(this Caller caller, Records.DistrictId district)
    {
        if (!caller.MayRead(district)) throw RequestException.Forbidden($"You may not see the data of district {district}.");
    }

    public static void MustSend(this Caller caller, Records.DistrictId district)
    {
        if (!caller.MaySend(district)) throw RequestException.Forbidden($"You may not send data for district {district}.");
    }

    public static void MustBe(this Caller caller, params ReadOnlySpan<string> roles)
    {
        foreach (var role in roles) if (caller.Is(role)) return;
        throw RequestException.Forbidden($"This needs the role {string.Join(" or ", roles!)}.");
    }
}
