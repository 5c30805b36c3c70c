using System.Buffers.Binary;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Tests.Access;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Audit;

/// <summary>The bytes of the log's leaves, against FORMAT.md: by vectors that were worked out from its text, and by every stored row.</summary>
[Collection(AccessCollection.Name)]
public sealed class LeafBytesTests(AccessPlatform running)
{
    const int Facts = 10;

    static readonly string[] Fields =
        ["at", "action", "outcome", "actor kind", "actor id", "session id", "recording id", "subject id", "target kind", "target id", "facts", "details id", "details hash"];

    static readonly string[] Details = ["reason", "ip", "user agent"];

    [Fact]
    public void A_leaf_with_every_field_is_version_1_and_each_field_behind_its_length()
    {
        var entry = new AuditEntry
        {
            At = new DateTimeOffset(2026, 1, 31, 10, 30, 0, 123, 456, TimeSpan.FromHours(1)),
            Action = AuditAction.GrantGiven,
            Outcome = AuditOutcome.Denied,
            ActorKind = ActorKind.ApiKey,
            ActorId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            SessionId = Guid.Parse("10112233-4455-6677-8899-aabbccddeeff"),
            RecordingId = Guid.Parse("20112233-4455-6677-8899-aabbccddeeff"),
            SubjectId = Guid.Parse("30112233-4455-6677-8899-aabbccddeeff"),
            TargetKind = "målgruppe",
            TargetId = Guid.Parse("40112233-4455-6677-8899-aabbccddeeff"),
            Facts = """{"årsag":"№ 17","antal":3}""",
        };
        var hash = Convert.FromHexString("7DB261D81B2DC8F96FD1E538383E6DE31F61BA1E3E977590E45A102394BDC60B");

        var leaf = LeafBytes.Of(entry, Guid.Parse("50112233-4455-6677-8899-aabbccddeeff"), hash);

        Assert.Equal(
            "01"
            + "00000008" + "000649ABBBD9F840" // 1,769,851,800,123,456 µs
            + "00000004" + "000000DC"
            + "00000006" + "64656E696564"
            + "00000007" + "6170695F6B6579"
            + "00000010" + "00112233445566778899AABBCCDDEEFF"
            + "00000010" + "10112233445566778899AABBCCDDEEFF"
            + "00000010" + "20112233445566778899AABBCCDDEEFF"
            + "00000010" + "30112233445566778899AABBCCDDEEFF"
            + "0000000A" + "6DC3A56C677275707065"
            + "00000010" + "40112233445566778899AABBCCDDEEFF"
            + "0000001D" + "7B22C3A572736167223A22E28496203137222C22616E74616C223A337D"
            + "00000010" + "50112233445566778899AABBCCDDEEFF"
            + "00000020" + "7DB261D81B2DC8F96FD1E538383E6DE31F61BA1E3E977590E45A102394BDC60B",
            Convert.ToHexString(leaf));
    }

    [Fact]
    public void An_absent_field_is_a_length_of_its_own_and_no_bytes()
    {
        var entry = new AuditEntry
        {
            At = DateTimeOffset.UnixEpoch.AddMicroseconds(1),
            Action = AuditAction.RecordingProcessingFailed,
            Outcome = AuditOutcome.Failed,
            ActorKind = ActorKind.System,
        };

        Assert.Equal(
            "01"
            + "00000008" + "0000000000000001"
            + "00000004" + "000000D1"
            + "00000006" + "6661696C6564"
            + "00000006" + "73797374656D"
            + "FFFFFFFF" + "FFFFFFFF" + "FFFFFFFF" + "FFFFFFFF" // actor, session, recording, subject
            + "FFFFFFFF" + "FFFFFFFF" + "FFFFFFFF" // target kind and id, facts
            + "FFFFFFFF" + "FFFFFFFF", // details
            Convert.ToHexString(LeafBytes.Of(entry, detailsId: null, detailsHash: null)));
    }

    [Theory]
    [InlineData("Klage № 17: blødt 🎧", "2001:db8::17", "Lynx/2.9 (æøå)", "7DB261D81B2DC8F96FD1E538383E6DE31F61BA1E3E977590E45A102394BDC60B")]
    [InlineData("Klage", null, null, "66B2380BD9E34BBFBADF3905F8CEE9B6CB8843C3278F7AF2D94310A144EA53CA")]
    [InlineData(null, "Klage", null, "44CAE2A319274C60A26422846C4E584B3210436C4110D4116690E852A8CD472E")]
    [InlineData("", null, null, "41D90D365D7ECC6F834161B7A559EE0AFD82EBF84E6FF3770CC2CB7FBB30A7A8")]
    [InlineData(null, null, null, "2A2472C4102F3058F83BB893599D47C64221757A863283A617D5FE88E30D7065")]
    public void Details_are_hashed_behind_their_salt_each_text_in_its_place(string? reason, string? ip, string? userAgent, string hash)
    {
        // 00 01 02 … 1F
        byte[] salt = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        Assert.Equal(hash, Convert.ToHexString(LeafBytes.HashDetails(salt, reason, ip, userAgent)));
    }

    [Fact]
    public async Task Every_stored_row_has_the_leaf_that_its_columns_and_its_details_give()
    {
        await ActAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await using var source = NpgsqlDataSource.Create(running.Platform.Database.Owner);
        // The database's own encoders, so that the leaf is not compared with what made it.
        await using var command = source.CreateCommand("""
            select a.id, int8send((extract(epoch from a.at) * 1000000)::bigint), int4send(a.action), convert_to(a.outcome, 'UTF8'), convert_to(a.actor_kind, 'UTF8'),
                uuid_send(a.actor_id), uuid_send(a.session_id), uuid_send(a.recording_id), uuid_send(a.subject_id),
                convert_to(a.target_kind, 'UTF8'), uuid_send(a.target_id), convert_to(a.facts::text, 'UTF8'), uuid_send(a.details_id),
                d.salt, convert_to(d.reason, 'UTF8'), convert_to(d.ip, 'UTF8'), convert_to(d.user_agent, 'UTF8'), a.leaf
            from audit a left join audit_details d on d.id = a.details_id
            order by a.id
            """);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            var id = row.GetInt64(0);
            List<byte[]?> columns = [.. Enumerable.Range(1, 16).Select(Column)];
            var (fields, salt, texts, leaf) = (columns[..12], columns[12], columns[13..], Column(17)!);
            fields.Add(salt is null ? null : SHA256.HashData((byte[])[.. salt, .. Written(texts)]));
            Note(Fields, fields);
            if (salt is not null)
                Note(Details, texts);
            seen.Add(Encoding.UTF8.GetString(fields[2]!));
            seen.Add(Encoding.UTF8.GetString(fields[3]!));

            // The column keeps what the facts mean, the leaf how they were written.
            var facts = FieldsOf(leaf)[Facts];
            Assert.True(MeanTheSame(fields[Facts], facts), $"Audit row {id} has other facts than its leaf {Convert.ToHexString(leaf)}.");
            fields[Facts] = facts;
            byte[] expected = [1, .. Written(fields)];
            Assert.Equal((id, Convert.ToHexString(expected)), (id, Convert.ToHexString(leaf)));
        }

        // What no row has would have been compared with nothing.
        string[] wanted =
        [
            .. Fields[4..].Append("reason").Append("user agent").SelectMany(name => (string[])[$"{name} given", $"{name} absent"]),
            "ip given", "user", "api_key", "system", "anonymous", "done", "denied",
        ];
        Assert.Empty(wanted.Except(seen));

        byte[]? Column(int at) => row.IsDBNull(at) ? null : row.GetFieldValue<byte[]>(at);

        void Note(string[] names, List<byte[]?> values) =>
            seen.UnionWith(names.Zip(values, (name, value) => $"{name} {(value is null ? "absent" : "given")}"));
    }

    // Beside what setting the platform up has left in the log.
    async Task ActAsync()
    {
        var id = await running.UploadPrivateAsync("What leaves are made of");
        using var officer = await running.Platform.SignInAsync("compliance_officer");
        officer.DefaultRequestHeaders.Add("User-Agent", "leaves/1.0");
        using (var heard = await officer.GetAsync($"api/v1/recordings/{id}/stream?reason={Uri.EscapeDataString("Klage № 17: blødt 🎧")}"))
            heard.EnsureSuccessStatusCode();
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, $"api/v1/recordings/{id}/grants", 201, new { user = await running.UserIdAsync("patient2"), play = true });

        var made = await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = "of the leaves", scopes = (string[])["ops.read"] });
        using var program = running.Platform.WithKey(made.GetProperty("key").GetString()!);
        await AccessPlatform.SendAsync(program, HttpMethod.Get, "api/v1/recordings", 403);

        var (email, _) = running.Platform.UserOf("patient");
        using (var refused = await running.Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password = "a wrong password" }))
            await Platform.ReadAsync(refused, 401);
        // Signing in takes the wrong password off the account's count.
        (await running.Platform.SignInAsync("patient")).Dispose();
    }

    static byte[] Written(IEnumerable<byte[]?> values)
    {
        using var bytes = new MemoryStream();
        var length = new byte[4];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, value?.Length ?? -1);
            bytes.Write(length);
            bytes.Write(value ?? []);
        }
        return bytes.ToArray();
    }

    static List<byte[]?> FieldsOf(ReadOnlySpan<byte> leaf)
    {
        var fields = new List<byte[]?>();
        for (var rest = leaf[1..]; rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            fields.Add(length < 0 ? null : rest[4..(4 + length)].ToArray());
            rest = rest[(4 + Math.Max(length, 0))..];
        }
        return fields;
    }

    static bool MeanTheSame(byte[]? one, byte[]? other) =>
        one is null || other is null ? one == other : JsonNode.DeepEquals(JsonNode.Parse(one), JsonNode.Parse(other));
}
