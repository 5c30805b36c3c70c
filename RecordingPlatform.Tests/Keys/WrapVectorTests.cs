using System.Text.Json;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Tests.Keys;

/// <summary>The frozen wraps of vectors/wraps.json, which other implementations made from FORMAT.md.</summary>
public sealed class WrapVectorTests
{
    static readonly JsonElement Vectors = Read();

    public static TheoryData<string> Names(string section) => new(SectionOf(section).Select(v => v.GetProperty("name").GetString()!));

    [Theory]
    [MemberData(nameof(Names), "wraps")]
    public void A_frozen_wrap_under_a_key_opens_in_its_own_place_only(string name)
    {
        var vector = Find("wraps", name);
        var place = PlaceOf(vector);
        if (vector.GetProperty("opens").GetBoolean())
        {
            Assert.Equal(Text(vector, "aad"), Convert.ToHexStringLower(place.Encode()));
            Assert.Equal(Text(vector, "plaintext"), Convert.ToHexStringLower(KeyWrap.Open(Hex(vector, "key"), place, Hex(vector, "wrapped"))));
            Assert.Equal(Text(vector, "wrapped"), Convert.ToHexStringLower(KeyWrap.Seal(Hex(vector, "key"), place, Hex(vector, "plaintext"), Hex(vector, "iv"))));
        }
        else
        {
            var refused = Assert.Throws<KeyTamperedException>(() => KeyWrap.Open(Hex(vector, "key"), place, Hex(vector, "wrapped")));
            Assert.Equal((place.Table, place.Id), (refused.Table, refused.KeyId));
        }
    }

    [Theory]
    [MemberData(nameof(Names), "kek")]
    public async Task A_frozen_wrap_under_the_KEK_opens_in_its_own_row_only(string name)
    {
        using var folder = new KekFolder();
        await folder.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(Vectors.GetProperty("kek").GetProperty("file")));
        var kek = await folder.KekAsync();
        var vector = Find("kek", name);
        var place = PlaceOf(vector);
        var gate = new KekGate(kek, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, _ => { });
        Task<byte[]> OpenAsync() => gate.UnwrapAsync(kek.Newest.Id, place, Hex(vector, "wrapped"), TestContext.Current.CancellationToken);
        if (vector.GetProperty("opens").GetBoolean())
            Assert.Equal(Text(vector, "key"), Convert.ToHexStringLower(await OpenAsync()));
        else
            await Assert.ThrowsAsync<KeyTamperedException>(OpenAsync);
    }

    [Fact]
    public async Task The_frozen_export_imports_to_the_frozen_file()
    {
        using var folder = new KekFolder();
        var section = Vectors.GetProperty("kek");
        using var kek = await LocalKek.ImportAsync(folder.FilePath, section.GetProperty("export").GetRawText(), Text(section, "export_passphrase"), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(Text(section, "public_key"), Convert.ToBase64String(kek.Newest.PublicKey));
        using var written = JsonDocument.Parse(await File.ReadAllBytesAsync(folder.FilePath));
        var expected = section.GetProperty("file").GetProperty("keys")[0];
        var actual = written.RootElement.GetProperty("keys")[0];
        Assert.Equal(Text(expected, "id"), Text(actual, "id"));
        Assert.Equal(Text(expected, "created_at"), Text(actual, "created_at"));
        Assert.Equal(section.GetProperty("file").GetProperty("format").GetString(), written.RootElement.GetProperty("format").GetString());
    }

    [Fact]
    public void A_secret_sealed_twice_has_two_wraps()
    {
        var place = WrapPlace.Secret("sources", Guid.CreateVersion7(), Guid.CreateVersion7());
        Assert.NotEqual(KeyWrap.Seal(new byte[32], place, "secret"u8), KeyWrap.Seal(new byte[32], place, "secret"u8));
    }

    static JsonElement.ArrayEnumerator SectionOf(string section) =>
        (section == "kek" ? Vectors.GetProperty("kek").GetProperty("wraps") : Vectors.GetProperty(section)).EnumerateArray();

    static JsonElement Find(string section, string name) => SectionOf(section).Single(v => v.GetProperty("name").GetString() == name);

    static WrapPlace PlaceOf(JsonElement vector) => new(
        Text(vector, "table"), vector.GetProperty("id").GetGuid(), IdOf(vector, "parent_id"), Text(vector, "kind"), IdOf(vector, "holder_id"));

    static Guid IdOf(JsonElement vector, string name) => vector.TryGetProperty(name, out var id) ? id.GetGuid() : Guid.Empty;

    static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    static byte[] Hex(JsonElement vector, string name) => Convert.FromHexString(Text(vector, name));

    static JsonElement Read()
    {
        using var stream = typeof(WrapVectorTests).Assembly.GetManifestResourceStream("Keys/wraps.json")!;
        return JsonDocument.Parse(stream).RootElement.Clone();
    }
}
