using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Aim.Host.Serving;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Aim.Bench.Cases;

/// <summary>Saves by hand, one after another, as a clerk's browser makes them: over HTTP, to a local host with a loaded state.</summary>
internal static class Saving
{
    private const int Saves = 1000;
    private const int WarmUps = 50;
    private const int PageSize = 100;

    /// <summary>Each save changes one student of the largest district, and is answered when the state record has it.</summary>
    public static async Task<Outcome> SaveAsync(BenchData bench)
    {
        var address = new Uri($"http://localhost:{FreePort()}");
        await using var app = LocalHost.Build(bench.CopyOfLoaded(), address, TimeProvider.System, logging => logging.ClearProviders());
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(client));
        var edition = $"/api/v1/districts/{await LargestAsync(client)}/editions/{BenchData.Year}";
        var students = await StudentsAsync(client, edition, Saves + WarmUps);
        var milliseconds = new List<double>(students.Count);
        foreach (var (localId, number) in students.Select((localId, i) => (localId, i)))
        {
            var spent = await SaveAsync(client, $"{edition}/records/SD/{Uri.EscapeDataString(localId)}", number);
            if (number >= WarmUps) milliseconds.Add(spent);
        }
        await app.StopAsync();
        return OutcomeOf(milliseconds);
    }

    private static async Task<double> SaveAsync(HttpClient client, string path, int number)
    {
        using var read = await client.GetAsync(path);
        var record = JsonSerializer.SerializeToNode((await read.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("record"))!;
        record["guardianName"] = $"Guardian {number}";
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(record) };
        request.Headers.IfMatch.Add(read.Headers.ETag!);
        var watch = Stopwatch.StartNew();
        using var response = await client.SendAsync(request);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        var spent = watch.Elapsed.TotalMilliseconds;
        return response.StatusCode == HttpStatusCode.OK && answer.GetProperty("isSynced").GetBoolean() ? spent : throw new InvalidDataException($"A save was answered with {(int)response.StatusCode}.");
    }

    private static async Task<string> TokenAsync(HttpClient client)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", "operator")]);
        using var response = await client.PostAsync(new Uri("/development/token", UriKind.Relative), form);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    private static async Task<string> LargestAsync(HttpClient client)
    {
        var (largest, rows) = ("", -1L);
        foreach (var district in (await client.GetFromJsonAsync<JsonElement>($"/api/v1/districts?year={BenchData.Year}")).EnumerateArray())
        {
            var number = district.GetProperty("number").GetString()!;
            var edition = await client.GetFromJsonAsync<JsonElement>($"/api/v1/districts/{number}/editions/{BenchData.Year}");
            if (edition.GetProperty("rows").GetInt64() > rows) (largest, rows) = (number, edition.GetProperty("rows").GetInt64());
        }
        return largest;
    }

    private static async Task<List<string>> StudentsAsync(HttpClient client, string edition, int wanted)
    {
        var students = new List<string>();
        for (string? cursor = ""; cursor is not null && students.Count < wanted;)
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"{edition}/subjects?limit={PageSize}&cursor={Uri.EscapeDataString(cursor)}");
            students.AddRange(page.GetProperty("subjects").EnumerateArray().Where(subject => subject.GetProperty("records").TryGetProperty("SD", out _)).Select(subject => subject.GetProperty("localId").GetString()!));
            cursor = page.GetProperty("next").GetString();
        }
        return [.. students.Take(wanted)];
    }

    /// <summary>The limit: a row of the same size in a transaction of its own, flushed to disk.</summary>
    public static async Task<Outcome> CommitAsync(BenchData bench)
    {
        var folder = bench.NewFolder("commit");
        Directory.CreateDirectory(folder);
        await using var database = new SqliteConnection($"Data Source={Path.Combine(folder, "commit.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE save (id INTEGER PRIMARY KEY, content BLOB NOT NULL)";
        command.ExecuteNonQuery();
        command.CommandText = "INSERT INTO save (content) VALUES (zeroblob(600))";
        var milliseconds = new List<double>(Saves);
        for (var i = 0; i < Saves + WarmUps; i++)
        {
            var watch = Stopwatch.StartNew();
            command.ExecuteNonQuery();
            if (i >= WarmUps) milliseconds.Add(watch.Elapsed.TotalMilliseconds);
        }
        return OutcomeOf(milliseconds);
    }

    private static Outcome OutcomeOf(List<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToList();
        return new Outcome(sorted.Count, sorted.Sum() / 1000) { Milliseconds = new Dictionary<string, double> { ["p50"] = At(0.5), ["p95"] = At(0.95), ["p99"] = At(0.99), ["longest"] = sorted[^1] } };

        double At(double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
