// SPDX-License-Identifier: BSD-2-Clause
//
// Java's HttpClient as a client for tests/interop/tls.sh.
//
// usage: java -Djdk.net.hosts.file=HOSTS Client HOST PORT NAME CA VERSION SUITE PATH TIMES
//
// Fetches PATH so many times, each over a connection of its own that resumes the session before it.
// The last body goes to stdout, and what was agreed on to stderr: version, suite, protocol, new or
// resumed. SUITE is the standard name. HttpClient sends the name it connects to: HOSTS says that NAME
// is HOST.

import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;

public class Client {
	static SSLContext contextTrusting(String ca) throws Exception
	{
		KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
		TrustManagerFactory trust =
			TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		SSLContext context = SSLContext.getInstance("TLS");

		store.load(null, null);
		try (FileInputStream file = new FileInputStream(ca)) {
			store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
				.generateCertificate(file));
		}
		trust.init(store);
		context.init(null, trust.getTrustManagers(), null);
		return context;
	}

	static HttpResponse<byte[]> fetch(SSLContext context, SSLParameters parameters, URI uri)
		throws Exception
	{
		HttpClient client = HttpClient.newBuilder().sslContext(context)
			.sslParameters(parameters).connectTimeout(Duration.ofSeconds(20)).build();
		HttpRequest request = HttpRequest.newBuilder(uri)
			.timeout(Duration.ofSeconds(20)).build();

		return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
	}

	public static void main(String[] args) throws Exception
	{
		SSLContext context = contextTrusting(args[3]);
		SSLParameters parameters = new SSLParameters(new String[] { args[5] },
			new String[] { "TLSv" + args[4] });
		URI uri = URI.create("https://" + args[2] + ":" + args[1] + args[6]);
		HttpResponse<byte[]> response = null;
		long created = 0, before = 0;

		for (int i = 0; i < Integer.parseInt(args[7]); i++) {
			before = created;
			Thread.sleep(20);
			response = fetch(context, parameters, uri);
			if (response.statusCode() != 200)
				throw new Exception("not a 200: " + response.statusCode());
			/* A resumed session keeps the time of the first. */
			created = response.sslSession().orElseThrow().getCreationTime();
		}
		SSLSession session = response.sslSession().orElseThrow();
		System.err.println(session.getProtocol() + " " + session.getCipherSuite() + " " +
			(response.version() == HttpClient.Version.HTTP_2 ? "h2" : "http/1.1") + " " +
			(created == before ? "resumed" : "new"));
		System.out.write(response.body());
		System.out.flush();
		System.exit(0); /* idle connections are kept for minutes */
	}
}
