namespace RecordingPlatform.Web.Sources;

/// <summary>What an administrator copies to the other system, with the secret left for them to fill in.</summary>
internal static class WebhookExample
{
    public const string SecretHere = "whsec_…";

    /// <summary>What to do with it.</summary>
    public static string About(string kind) => kind switch
    {
        "jibri" => "Put these lines into /etc/recordingplatform/jibri.conf on the Jibri machine, where scripts/jibri-finalize.sh reads them. The API key has the scope ingest:<source>:",
        _ => "Have the exchange send this when a call begins and when it ends. Any shell with curl and openssl shows that it works:",
    };

    public static string Of(string kind, string name, string address) => kind switch
    {
        "jibri" => $"""
            url={address.Replace("/webhooks/jibri", "", StringComparison.Ordinal)}
            source={name}
            api_key=rpk_…
            webhook_secret={SecretHere}
            """,
        _ => $$"""
            url='{{address}}'
            secret='{{SecretHere}}'
            id="msg_$(date +%s)$$"
            at=$(date +%s)
            now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
            body='{"event":"call_ended","uniqueid":"'$at.1'","linkedid":"'$at.1'","direction":"inbound","from":"+4512345678","to":"200","started_at":"'$now'","ended_at":"'$now'"}'
            key=$(printf %s "${secret#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
            sign=$(printf %s "$id.$at.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
            curl -fsS "$url" -H 'Content-Type: application/json' -H "webhook-id: $id" \
              -H "webhook-timestamp: $at" -H "webhook-signature: v1,$sign" -d "$body"
            """,
    };
}
