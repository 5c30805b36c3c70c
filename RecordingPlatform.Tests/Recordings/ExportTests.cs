using System.IO.Compression;
using System.Text.Json;
using RecordingPlatform.Tests.Api;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Recordings;

[Collection(ApiSurface.Name)]
public sealed class ExportTests(ApiSurface.Running running)
{
    [Fact]
    public async Task An_export_holds_every_readable_original_and_names_the_rest()
    {
        var mark = $"x{Guid.CreateVersion7():N}";
        var whole = await Platform.UploadAsync(running.Admin, SampleMedia.Speech, fields: [("callId", mark), ("title", "=1+1, \"quoted\"")]);
        var damaged = await Platform.UploadAsync(running.Admin, SampleMedia.Damaged, fields: ("callId", mark));
        var lost = await Platform.UploadAsync(running.Admin, SampleMedia.Speech, fields: ("callId", mark));
        var tampered = await Platform.UploadAsync(running.Admin, SampleMedia.Speech, fields: ("callId", mark));
        var restricted = await Platform.UploadAsync(running.Admin, SampleMedia.Speech, fields: ("callId", mark));
        await running.Platform.QueryAsync($"update recordings set restricted_at = app_now() where id = '{restricted}'");
        File.Delete(await PathOfAsync(lost));
        var path = await PathOfAsync(tampered);
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^20] ^= 1;
        File.SetAttributes(path, FileAttributes.Normal);
        await File.WriteAllBytesAsync(path, bytes);

        using var answer = await running.Admin.GetAsync($"api/v1/recordings/export?call_id={mark}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("application/zip", answer.Content.Headers.ContentType?.MediaType);
        // Unknown beforehand: it is sent while it is made.
        Assert.Null(answer.Content.Headers.ContentLength);
        using var zip = new ZipArchive(new MemoryStream(await answer.Content.ReadAsByteArrayAsync()));
        var manifest = JsonSerializer.Deserialize<JsonElement>(zip.GetEntry("manifest.json")!.Open());
        var lines = manifest.GetProperty("recordings").EnumerateArray().ToDictionary(l => l.GetProperty("recording_id").GetGuid());
        Assert.Equal(5, lines.Count);
        foreach (var (id, media) in new[] { (whole, SampleMedia.Speech), (damaged, SampleMedia.Damaged) })
        {
            Assert.Equal("exported", lines[id].GetProperty("outcome").GetString());
            var entry = zip.GetEntry(lines[id].GetProperty("file").GetString()!)!;
            Assert.Equal(entry.Length, entry.CompressedLength);
            using var content = new MemoryStream();
            await entry.Open().CopyToAsync(content);
            Assert.Equal(media, content.ToArray());
        }
        Assert.Equal(("skipped", "missing_in_store"), OutcomeOf(lost));
        Assert.Equal(("skipped", "forbidden"), OutcomeOf(restricted));
        Assert.Equal("object_corrupt", OutcomeOf(tampered).Reason);
        using var csv = new StreamReader(zip.GetEntry("manifest.csv")!.Open());
        Assert.Contains("\"'=1+1, \"\"quoted\"\"\"", await csv.ReadToEndAsync(), StringComparison.Ordinal);

        foreach (var (id, action, outcome) in new[] { (whole, 205, "done"), (damaged, 205, "done"), (restricted, 130, "denied") })
            Assert.Equal(1, await running.CountAsync($"select count(*) from audit where recording_id = '{id}' and action = {action} and outcome = '{outcome}' and facts ? 'export_id'"));
        Assert.Equal(0, await running.CountAsync($"select count(*) from audit where recording_id = '{lost}' and action = 205"));

        (string?, string? Reason) OutcomeOf(Guid id) => (lines[id].GetProperty("outcome").GetString(), lines[id].GetProperty("reason").GetString());

        async Task<string> PathOfAsync(Guid id)
        {
            var name = (await running.Platform.QueryAsync($"select name from objects where recording_id = '{id}' and role = 'original'")).Single();
            return Directory.EnumerateFiles(running.Platform.StoreFolder, Path.GetFileName(name) + "*", SearchOption.AllDirectories).Single();
        }
    }

    [Fact]
    public async Task An_export_of_chosen_recordings_holds_those_and_no_more()
    {
        var mark = $"c{Guid.CreateVersion7():N}";
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
            ids.Add(await Platform.UploadAsync(running.Admin, SampleMedia.Speech, fields: ("callId", mark)));
        using var zip = new ZipArchive(new MemoryStream(await running.Admin.GetByteArrayAsync($"api/v1/recordings/export?ids={ids[0]},{ids[2]}")));
        var manifest = JsonSerializer.Deserialize<JsonElement>(zip.GetEntry("manifest.json")!.Open());
        Assert.Equal([ids[0], ids[2]], manifest.GetProperty("recordings").EnumerateArray().Select(l => l.GetProperty("recording_id").GetGuid()).Order());
        Assert.Equal(4, zip.Entries.Count);
        Assert.Equal("ids_invalid", (await Platform.ReadAsync(await running.Admin.GetAsync("api/v1/recordings/export?ids=all"), 400)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Another_programs_reader_opens_the_archive()
    {
        var mark = $"y{Guid.CreateVersion7():N}";
        await Platform.UploadAsync(running.Admin, SampleMedia.Speech, fields: ("callId", mark));
        var file = Path.Combine(running.Platform.Folder, "export.zip");
        await File.WriteAllBytesAsync(file, await running.Admin.GetByteArrayAsync($"api/v1/recordings/export?call_id={mark}"));
        // Python's reader checks each CRC; it names the first entry that is wrong, or None.
        Assert.Equal("None", (await Run.ToEndAsync("python3", "-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert len(z.namelist()) == 3; print(z.testzip())", file)).Trim());
    }

    [Fact]
    public async Task A_patient_exports_nothing_of_others_and_a_selection_has_an_end()
    {
        await running.ReadyAsync();
        using var patient = await running.Platform.SignInAsync("patient2");
        using var zip = new ZipArchive(new MemoryStream(await patient.GetByteArrayAsync("api/v1/recordings/export")));
        Assert.Equal(["manifest.csv", "manifest.json"], zip.Entries.Select(e => e.FullName).Order());
        Assert.Equal("q_length", (await Platform.ReadAsync(await running.Admin.GetAsync("api/v1/recordings/export?q=a"), 400)).GetProperty("code").GetString());
        var mark = $"z{Guid.CreateVersion7():N}";
        await running.Platform.QueryAsync($"""
            with c as (insert into conversations (id, source_id, external_id, kind, started_at) values (gen_random_uuid(), '0190a000-0000-7000-8000-000000000001', '{mark}', 'other', '2018-01-01') returning id, source_id)
            insert into recordings (id, conversation_id, source_id, external_id, state, recorded_at) select gen_random_uuid(), c.id, c.source_id, gen_random_uuid()::text, 'absent', '2018-01-01' from c, generate_series(1, 10001)
            """);
        Assert.Equal("selection_too_large", (await Platform.ReadAsync(await running.Admin.GetAsync($"api/v1/recordings/export?call_id={mark}"), 400)).GetProperty("code").GetString());
    }
}
