using Aim.Records;
using Microsoft.AspNetCore.Http;

namespace Aim.Api.Callers;

/// <summary>Writes to the disclosure log what people are shown. Systems move data under an agreement, and have their own logs.</summary>
internal static class Disclosing
{
    public static Task LogReadAsync(this HttpContext context, AimPlatform platform, StateId student, string what, CancellationToken cancellation) =>
        context.Caller() is { IsPerson: true } caller ? platform.Disclosures.StudentReadAsync(caller, student, what, cancellation) : Task.CompletedTask;

    public static Task LogExportAsync(this HttpContext context, AimPlatform platform, string what, CancellationToken cancellation) =>
        context.Caller() is { IsPerson: true } caller ? platform.Disclosures.ExportedAsync(caller, what, cancellation) : Task.CompletedTask;
}
